/** How long a run is and how it is cut into batches. Pure. */
import type { Limit, Plan, Readings } from '../model.ts'

/** What the warm-up, or the run so far, has shown. */
export type Pace = {
  /** Milliseconds of one cycle inside a batch. */
  msPerCycle: number
  /** Milliseconds that one checkpoint takes. */
  msPerCheckpoint: number
  /** Growth per cycle of what has a ceiling. */
  growth: Ceilings
}

/** What may be added of each at most: threads, descriptors, bytes. */
export type Ceilings = { threads: number; fds: number; memory: number }

/** A run stays under its guards, and one that is to meet a limit goes towards it in as small steps. */
export function ceilingsOf({ guards }: Pick<Plan, 'guards'>, limits: readonly Limit[] = []): Ceilings {
  const left = (name: keyof Ceilings) =>
    Math.min(...limits.filter(({ resource }) => resource === name).map(({ limit, now }) => Math.max(0, limit - now)))
  return {
    threads: Math.min(guards.threads, left('threads')),
    fds: left('fds'),
    memory: Math.min(guards.memory, left('memory')),
  }
}

/** What has a ceiling, as far as it grew from one reading to another. */
export function grownPerCycle(from: { readings: Readings }, to: { readings: Readings }, cycles: number): Ceilings {
  const grown = (name: string) =>
    Math.max(0, ((to.readings[name] ?? 0) - (from.readings[name] ?? 0)) / Math.max(1, cycles))
  return { threads: grown('threads') + grown('children'), fds: grown('fds'), memory: grown('rss') }
}

/** Nobody knows at first how fast a run goes towards its limit: from one cycle on, twice as many at most. */
export const towardsLimit = (last: number, chosen: number): number => Math.min(2 * last, chosen)

/** How many of the last batches and checkpoints the pace is taken from. */
export const RECENT = 5

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** The pace of late: medians, so that one slow batch or checkpoint does not shrink all that follow. */
export function paceOf(
  { growth }: Pick<Pace, 'growth'>,
  measured: readonly Pick<Pace, 'msPerCycle' | 'msPerCheckpoint'>[],
): Pace {
  const recent = measured.slice(-RECENT)
  return {
    growth,
    msPerCycle: median(recent.map(({ msPerCycle }) => msPerCycle)),
    msPerCheckpoint: median(recent.map(({ msPerCheckpoint }) => msPerCheckpoint)),
  }
}

/** A command is not halted for a checkpoint: it has ten times as many, and a leak in slow cycles is certain the sooner. */
const MORE_OF_A_COMMAND = 10

/** A checkpoint may never be so frequent that the run is mostly checkpoints; nor may a batch be empty. */
const SMALLEST_BATCH = 1

/**
 * The largest batch that fits the checkpoints still to come into what is left of the length and, at the growth seen,
 * keeps the whole run under half of every ceiling; down to one cycle.
 * @param done cycles, checkpoints and milliseconds since the first checkpoint
 */
export function chooseBatch(
  {
    length,
    ceilings,
    cycleMark,
    concurrency = SMALLEST_BATCH,
  }: Pick<Plan, 'length' | 'cycleMark'> & { ceilings: Ceilings; concurrency?: number },
  done: { cycles: number; checkpoints: number; ms: number },
  pace: Pace,
): number {
  const checkpoints = length.checkpoints * (cycleMark ? MORE_OF_A_COMMAND : 1)
  const msPerCheckpoint = cycleMark ? 0 : pace.msPerCheckpoint
  const msLeft = (length.forMs ?? Infinity) - done.ms
  // However many are still owed, they have half of the time that is left.
  const affordable = msPerCheckpoint > 0 ? Math.floor(msLeft / 2 / msPerCheckpoint) : Infinity
  const checkpointsLeft = Math.max(1, Math.min(checkpoints - done.checkpoints, affordable))
  const bounds = [
    length.cycles === null ? Infinity : (length.cycles - done.cycles) / checkpointsLeft,
    length.forMs === null ? Infinity : (msLeft / checkpointsLeft - msPerCheckpoint) / pace.msPerCycle,
    ...(['threads', 'fds', 'memory'] as const).map(
      (name) => ceilings[name] / 2 / checkpoints / Math.max(pace.growth[name], Number.MIN_VALUE),
    ),
  ]
  // In a smaller one there would be fewer in flight.
  return Math.max(concurrency, Math.floor(Math.min(...bounds)))
}

/** Of the time of an explaining run, cycles have at least this share, however long its checkpoints take. */
const LEAST_FOR_CYCLES = 1 / 4

/** The smallest batch of an explaining run: without cycles between them its checkpoints see nothing grow. */
export function leastBatch(
  { cycles, forMs, checkpoints }: Plan['length'],
  { msPerCycle }: Pick<Pace, 'msPerCycle'>,
): number {
  const planned = (cycles ?? Infinity) / checkpoints
  const affordable = (LEAST_FOR_CYCLES * (forMs ?? Infinity)) / checkpoints / msPerCycle
  return Math.max(SMALLEST_BATCH, Math.floor(Math.min(planned, affordable)))
}

/** Whether the planned length is reached. */
export function lengthReached({ cycles, forMs }: Plan['length'], done: { cycles: number; ms: number }): boolean {
  return (cycles !== null && done.cycles >= cycles) || (forMs !== null && done.ms >= forMs)
}

/** What is left of the planned length; of one that ends nothing, no end. */
export function lengthLeft(
  { length: { cycles, forMs }, endless }: Pick<Plan, 'length' | 'endless'>,
  done: { cycles: number; ms: number },
): { cycles: number; ms: number } {
  const left = (planned: number | null, spent: number) => (planned === null || endless ? Infinity : planned - spent)
  return { cycles: left(cycles, done.cycles), ms: left(forMs, done.ms) }
}

/** Memory is measured in the last part of a run at the latest: over more than its half, so that whatever doubles has doubled in it. */
const COUNTS_ONLY = 0.45

/** Whether so much of the planned length is over that what is left is for memory, too. */
export function memoryIsDue({ cycles, forMs }: Plan['length'], done: { cycles: number; ms: number }): boolean {
  return done.cycles >= COUNTS_ONLY * (cycles ?? Infinity) || done.ms >= COUNTS_ONLY * (forMs ?? Infinity)
}

/** Twice the length, but no more time than a run that is undecided may take. */
export function longer(length: Plan['length']): Plan['length'] {
  const double = twice(length)
  const { mostMs } = length
  return mostMs === null || double.forMs === null ? double : { ...double, forMs: Math.min(double.forMs, mostMs) }
}

/** The same at twice the cycles, the time and the checkpoints. */
export function twice<Length extends Plan['length']>(length: Length): Length {
  const double = (value: number | null) => (value === null ? null : 2 * value)
  const { cycles, forMs, checkpoints } = length
  return { ...length, cycles: double(cycles), forMs: double(forMs), checkpoints: 2 * checkpoints }
}
