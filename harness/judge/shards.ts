/**
 * Shards add up: several recordings of one scenario are judged together. Exposure adds, so four runs of 1,000 cycles rule
 * out what one of 4,000 does. Verdicts are recomputed from the readings, never averaged. Pure.
 */
import type { CheckpointLine, EndLine, EventLine, FaultLine, Readings, Recording } from '../model.ts'

/** Cycles at which one of several recordings ends, and the next begins. */
export const shardsOf = ({ events }: Pick<Recording, 'events'>): number[] =>
  events.filter(({ kind }) => kind === 'shard').map(({ cycles }) => cycles)

/** The cycles at which the last of several recordings begins: each has a process of its own. */
export const begunAt = (recording: Pick<Recording, 'events'>): number => shardsOf(recording).at(-1) ?? 0

/** The first tenth of each run after the first is its own warm-up. */
const WARM_UP = 0.1

type Pool = {
  checkpoints: CheckpointLine[]
  events: EventLine[]
  faults: FaultLine[]
  cycles: number
  ms: number
  levels: Readings
}

/**
 * One recording of several: cycles and milliseconds go on where the run before ended, and an event of the kind `shard`
 * marks where each began. Memory goes on from the level it had; after full collections only the last run's is judged.
 */
export function pool(recordings: readonly [Recording, ...Recording[]]): Recording {
  const [first] = recordings
  const bytes = new Set(first.header.plan.resources.filter(({ unit }) => unit === 'bytes').map(({ name }) => name))
  const pooled = recordings.reduce<Pool>(
    (so, recording, i) => (i === 0 ? begin(recording) : add(so, recording, bytes)),
    { checkpoints: [], events: [], faults: [], cycles: 0, ms: 0, levels: {} },
  )
  const { checkpoints, events, faults } = pooled
  const limits = recordings.flatMap((recording) => recording.limits)
  return { ...first, checkpoints, events, faults, limits, end: endOf(recordings) }
}

function begin({ checkpoints, events, faults, end }: Recording): Pool {
  const last = checkpoints.at(-1)
  return {
    checkpoints: [...checkpoints],
    events: [...events],
    faults: [...faults],
    cycles: last?.cycles ?? 0,
    ms: end?.ms ?? last?.ms ?? 0,
    levels: checkpoints.findLast(({ phase, collected }) => phase === 'run' && collected)?.readings ?? {},
  }
}

function add(so: Pool, { checkpoints: all, events, faults, end }: Recording, bytes: ReadonlySet<string>): Pool {
  const [start, last] = [all[0]?.cycles ?? 0, all.at(-1)?.cycles ?? 0]
  const checkpoints = all.filter(({ cycles }) => cycles >= start + WARM_UP * (last - start))
  const from = checkpoints[0]?.cycles ?? last
  const entry = checkpoints.find(({ collected }) => collected)?.readings ?? {}
  const shifted = (readings: Readings): Readings =>
    Object.fromEntries(
      Object.entries(readings).map(([name, value]) => {
        const [before, now] = [so.levels[name], entry[name]]
        return [name, bytes.has(name) && value !== null && before != null && now != null ? value - now + before : value]
      }),
    )
  // A cycle on, so that the last reading of the one is not the first of the other.
  const anew = so.cycles + 1
  const later = <Line extends { cycles: number; ms: number }>(line: Line): Line => ({
    ...line,
    cycles: anew + Math.max(0, line.cycles - from),
    ms: so.ms + line.ms,
  })
  const mark: EventLine = {
    line: 'event',
    ms: so.ms,
    cycles: anew,
    kind: 'shard',
    text: 'another run of the same scenario',
  }
  const moved = checkpoints.map((checkpoint) => later({ ...checkpoint, readings: shifted(checkpoint.readings) }))
  return {
    // Memory is judged in the last part of one run: here, of the last.
    checkpoints: [...so.checkpoints.map((checkpoint) => ({ ...checkpoint, collected: false })), ...moved],
    events: [...so.events, mark, ...events.map(later)],
    faults: [
      ...so.faults,
      ...faults.map((fault) => ({
        ...fault,
        from: later(fault.from),
        to: later(fault.to),
      })),
    ],
    cycles: moved.at(-1)?.cycles ?? so.cycles,
    ms: so.ms + (end?.ms ?? all.at(-1)?.ms ?? 0),
    levels: { ...so.levels, ...moved.findLast(({ phase, collected }) => phase === 'run' && collected)?.readings },
  }
}

/** Endings that end the proof of one shard end that of all: what it read cannot be trusted to the end. */
function endOf(recordings: readonly Recording[]): EndLine | null {
  const ends = recordings.map(({ end }) => end)
  if (ends.some((end) => end === null)) return null
  const known = ends as EndLine[]
  const sum = (of: (end: EndLine) => number) => known.reduce((total, end) => total + of(end), 0)
  const fine = new Set<EndLine['ending']>(['length', 'certain-leak', 'certain-clean'])
  const telling = known.find(({ ending }) => !fine.has(ending)) ?? (known.at(-1) as EndLine)
  return {
    ...telling,
    ms: sum(({ ms }) => ms),
    cycles: sum(({ cycles }) => cycles),
    failed: sum(({ failed }) => failed),
    faulted: { cycles: sum(({ faulted }) => faulted.cycles), failed: sum(({ faulted }) => faulted.failed) },
    batchMs: sum(({ batchMs }) => batchMs),
  }
}
