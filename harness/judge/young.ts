/**
 * Memory of a Node target against what it was before its first cycle: what a young heap may grow by, and what held still only while
 * it was read. Pure.
 */
import { isCommand, type PlannedResource, type Recording } from '../model.ts'
import type { Point } from './floor.ts'
import { LEAST_CLEAN } from './memory.ts'
import { isMemoryByDefault } from './overall.ts'
import { type SeriesVerdict, WINDOWS } from './rules.ts'
import { seriesOf } from './series.ts'

/**
 * A young heap grows by what V8 compiles and learns, by some 100 kB up to 1.5 MB, and steadily for some hundred cycles: in a
 * short run it looks like a leak (`dcs-client/resolver-stopped` in 200 cycles of 30 ms: 0.5 kB per cycle; flat after 700).
 * So what nobody named is judged from this cycle on, unless it grew by more than that.
 */
const YOUNG = { cycles: 500, grows: 4 * 1024 ** 2 }

/** The cycle from which memory is judged. */
export function memoryFrom(resource: PlannedResource, recording: Recording): number {
  if (!isMemoryByDefault(resource) || resource.view !== 'runtime') return 0
  return roseSinceStart(resource, recording) > YOUNG.grows ? 0 : begunAt(recording) + YOUNG.cycles
}

/** The cycles of the last of several recordings that are judged together: each begins with a young heap. */
const begunAt = ({ events }: Recording): number => events.findLast(({ kind }) => kind === 'shard')?.cycles ?? 0

/** By how much memory rose since before the first cycle, as far as it was read. */
function roseSinceStart({ name }: PlannedResource, { checkpoints, start }: Recording): number {
  const { points } = seriesOf(checkpoints, name, { collected: true, from: 0 })
  return roseBy(points, start?.readings[name] ?? null)
}

/**
 * Why memory that nobody named need not be judged: a run so short shows what a young heap learns, and no more, unless it rose by more
 * than that. Null where it has to be.
 */
export function unjudgedMemory(resource: PlannedResource, readings: number, recording: Recording): string | null {
  const { end, header } = recording
  if (!isMemoryByDefault(resource) || resource.view !== 'runtime' || end === null) return null
  if (roseSinceStart(resource, recording) > YOUNG.grows) return null
  if (end.cycles - begunAt(recording) < YOUNG.cycles) return `fewer than ${YOUNG.cycles} cycles`
  return header.plan.length.quick && readings < LEAST_READINGS ? `only ${plural(readings)}` : null
}
const plural = (readings: number) => `${readings} reading${readings === 1 ? '' : 's'}`

/** The first tenth of them is dropped. */
const LEAST_READINGS = Math.ceil(LEAST_CLEAN / (1 - WINDOWS[0].from))

/** Read from half of the run on, give or take a checkpoint: what doubles, or grows by half, has then done so in what was read. */
const HALF = 0.55

/**
 * What holds still while it is read may have grown before, and will again: storage that doubles hardly ever does so within a
 * fifth of a run. So memory that rose by more than a young heap does, and by more than its budget over all cycles, is clean only if it
 * held still over the second half of them, all of it.
 */
export function heldAgainstStart(
  judged: SeriesVerdict,
  resource: PlannedResource,
  points: readonly Point[],
  recording: Recording,
  wholly: () => SeriesVerdict,
): SeriesVerdict {
  const [from, to] = [points[0]?.cycle ?? 0, recording.checkpoints.at(-1)?.cycles ?? 0]
  const isInner = resource.unit === 'bytes' && resource.view === 'runtime'
  if (judged.verdict !== 'clean' || resource.perCycle === null || !isInner) return judged
  const rose = roseSinceStart(resource, recording)
  if (rose <= YOUNG.grows || rose <= resource.perCycle * to) return judged
  const isHalf = from <= HALF * to
  const whole = isHalf ? wholly() : null
  if (whole?.verdict === 'clean') return whole
  const moreCycles = Math.ceil(isHalf ? to : 2.2 * from - to)
  return {
    ...judged,
    verdict: 'inconclusive',
    reasonCode: 'grew-before',
    facts: { reached: rose, moreCycles },
    confirmed: null,
  }
}

/** By how much memory rose, up to its last reading or a lower one after a drain. @param start what it was before; null: its first reading */
function roseBy(points: readonly Point[], start: number | null): number {
  const run = points.filter(({ drain }) => !drain)
  const last = Math.min(run.at(-1)?.value ?? 0, points.at(-1)?.value ?? 0)
  return run.length > 0 ? last - (start ?? (run[0] as Point).value) : 0
}

/** Memory of a Node target that ran long enough is part of every verdict: one without it is none, but for a smoke test. */
export const hasToBeRead = (resource: PlannedResource, { end, header: { plan } }: Recording): boolean =>
  isMemoryByDefault(resource) &&
  resource.view === 'runtime' &&
  resource.level === 'error' &&
  !isCommand(plan) &&
  !plan.length.quick &&
  end !== null &&
  end.cycles >= YOUNG.cycles
