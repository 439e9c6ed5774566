/** What one chart draws: a resource of one recording over its cycles. Pure. */
import type { Recording, ResourceResult } from '../../harness/model.ts'

type Points = { x: number[]; y: (number | null)[] }

export type Chart = {
  name: string
  unit: 'count' | 'bytes'
  /** The checkpoints of the run, which verdicts rest on. */
  checkpoints: Points
  /** min(y[i…end]): what never came back. */
  floor: Points
  /** Cheap kernel readings in between, where there are any. */
  timeline: Points
  /** The last reading after a final drain. */
  drained: Points
  /** What the budget would have allowed, from the first checkpoint on. */
  budget: Points
  /** Cycles before this one are not judged. */
  warmUpTo: number
}

/** More points than pixels say nothing more. */
const MOST_POINTS = 1000
/** As the judge leaves out. */
const WARM_UP = 0.1

const thin = <T>(list: readonly T[]): T[] => {
  const step = Math.ceil(list.length / MOST_POINTS)
  return list.filter((_, i) => i % step === 0 || i === list.length - 1)
}

export function chartOf(
  { header, checkpoints, samples }: Recording,
  { name, unit, budget }: ResourceResult,
): Chart | null {
  const command = header.plan.cycleMark !== null
  const all = checkpoints.filter(({ readings }) => readings[name] != null)
  // Memory is judged without its garbage; the readings in between are its timeline.
  const isJudged = (checkpoint: Recording['checkpoints'][number]) => unit === 'count' || command || checkpoint.collected
  const read = all.some(isJudged) ? all.filter(isJudged) : all
  const between = all.filter((checkpoint) => !read.includes(checkpoint))
  const run = read.filter(({ phase }) => phase === 'run')
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last) return null
  const value = ({ readings }: { readings: Recording['samples'][number]['readings'] }) => readings[name] as number
  const floor = read.map(value)
  for (let i = floor.length - 2; i >= 0; i--) floor[i] = Math.min(floor[i] as number, floor[i + 1] as number)
  const shown = thin(run)
  const sampled = thin(
    [...samples.filter(({ readings }) => readings[name] != null), ...between].sort((a, b) => a.cycles - b.cycles),
  )
  const drained = read.at(-1)?.phase === 'drain' ? read.slice(-1) : []
  const cycles = (list: readonly { cycles: number }[]) => list.map((entry) => entry.cycles)
  return {
    name,
    unit,
    checkpoints: { x: cycles(shown), y: shown.map(value) },
    // Memory has no floor that anything rests on.
    floor:
      unit === 'bytes'
        ? { x: [], y: [] }
        : { x: cycles(shown), y: shown.map((checkpoint) => floor[read.indexOf(checkpoint)] as number) },
    timeline: { x: cycles(sampled), y: sampled.map(value) },
    drained: { x: cycles(drained), y: drained.map(value) },
    budget:
      budget === null
        ? { x: [], y: [] }
        : {
            x: [first.cycles, last.cycles],
            y: [value(first), value(first) + budget * (last.cycles - first.cycles)],
          },
    warmUpTo: first.cycles + WARM_UP * (last.cycles - first.cycles),
  }
}
