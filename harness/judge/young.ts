/**
 * Memory of a Node target against what it was before its first cycle: what a young heap may grow by, and what held still only while
 * it was read. Pure.
 */
import { isCommand, type PlannedResource, type Recording } from '../model.ts'
import type { Point } from './floor.ts'
import { LEAST_READ } from './memory.ts'
import { isInnerMemory, isMemoryByDefault } from './overall.ts'
import type { SeriesVerdict } from './rules.ts'
import { seriesOf } from './series.ts'
import { begunAt } from './shards.ts'
import type { Seen } from './undecided.ts'

const MB = 1024 ** 2
/**
 * A young heap grows by what V8 compiles and learns, by some 100 kB up to 1.5 MB, and steadily for some hundred cycles: in a
 * short run it looks like a leak (`dcs-client/resolver-stopped` in 200 cycles of 30 ms: 0.5 kB per cycle; flat after 700).
 * So what nobody named is judged from this cycle on, unless it grew by more than that.
 */
export const YOUNG_CYCLES = 500

/**
 * What memory grows by in a young process, in bytes: `most`, with room to spare (a client of `etcd3` whose server is away 3 MB in 1,000 cycles), and what it has
 * learnt of that by cycle 2,000, `learns`. V8 compiles nothing outside its heap.
 */
const YOUNG: Record<'heap' | 'external', { most: number; learns: number }> = {
  heap: { most: 4 * MB, learns: 1.5 * MB },
  external: { most: MB, learns: 0.5 * MB },
}
const LEARNT_CYCLES = 2000
const youngOf = ({ name }: Named) => (name === 'external' ? YOUNG.external : YOUNG.heap)
type Named = Pick<PlannedResource, 'name'>

const isYoung = (resource: PlannedResource): boolean => isMemoryByDefault(resource) && isInnerMemory(resource)

/** The cycle from which memory is judged. */
export function memoryFrom(resource: PlannedResource, recording: Recording): number {
  if (!isYoung(resource)) return 0
  return roseSinceStart(resource, recording) > youngOf(resource).most ? 0 : begunAt(recording) + YOUNG_CYCLES
}

/**
 * By how much memory rose, as far as it was read, since before the first cycle or, where setup left what the cycles let go of, since
 * it was least.
 */
function roseSinceStart(resource: Named, recording: Recording): number {
  const { points } = seriesOf(recording.checkpoints, resource.name, { collected: true, from: 0 })
  return roseBy(points, leastOf(resource, recording))
}

/** The least that was read of it: without a collection there is more than is held, never less. */
const leastOf = ({ name }: Named, { checkpoints, start }: Recording): number =>
  Math.min(...[start, ...checkpoints].flatMap((read) => read?.readings[name] ?? []))

/**
 * Why memory that nobody named need not be judged: a run so short shows what a young heap learns, and no more, unless it rose by more
 * than that. Null where it has to be.
 */
export function unjudgedMemory(resource: PlannedResource, readings: number, recording: Recording): string | null {
  const { end, header } = recording
  if (!isYoung(resource) || end === null) return null
  if (roseSinceStart(resource, recording) > youngOf(resource).most) return null
  if (end.cycles - begunAt(recording) < YOUNG_CYCLES) return `fewer than ${YOUNG_CYCLES} cycles`
  return header.plan.length.quick && readings < LEAST_READ ? `only ${plural(readings)}` : null
}
const plural = (readings: number) => `${readings} reading${readings === 1 ? '' : 's'}`

/** What memory may rise by: what a young process learns, or its budget over all cycles. In bytes. */
function mayRise(resource: Budgeted, { checkpoints, end, header }: Recording): number {
  const { most, learns } = youngOf(resource)
  const to = checkpoints.at(-1)?.cycles ?? 0
  // A look at a run that goes on to more cycles can wait for what it learns by then.
  const cycles = end ? to : (header.plan.length.cycles ?? Infinity)
  return Math.max(cycles < LEARNT_CYCLES ? most : learns, (resource.perCycle ?? 0) * to)
}
type Budgeted = Pick<PlannedResource, 'name' | 'perCycle'>

/** Whether memory of a Node target rose by more than it may: then it is read on, to the planned length. */
export const roseBefore = (resource: Budgeted, recording: Recording): boolean =>
  roseSinceStart(resource, recording) > mayRise(resource, recording)

/** What memory that rose by more has to come down to, if it is only held for a while; null where it did not. In bytes. */
export const levelBefore = (resource: Budgeted, recording: Recording): number | null =>
  roseBefore(resource, recording) ? leastOf(resource, recording) + mayRise(resource, recording) : null

/** Read from half of the run on, give or take a checkpoint: what doubles, or grows by half, has then done so in what was read. */
const HALF = 0.55

/**
 * What holds still while it is read may have grown before, and will again: storage that doubles hardly ever does so within a
 * fifth of a run. So memory that rose by more than a young process learns, and by more than its budget over all cycles, is clean only if
 * it held still over the second half of them, all of it; where the time was too short to tell, if it kept less than half of its rate.
 */
export function heldAgainstStart(
  seen: Seen,
  resource: PlannedResource,
  points: readonly Point[],
  recording: Recording,
  wholly: () => Seen,
): Seen {
  const [from, to] = [points[0]?.cycle ?? 0, recording.checkpoints.at(-1)?.cycles ?? 0]
  const { perCycle } = resource
  if (seen.judged.verdict !== 'clean' || perCycle === null || !isInnerMemory(resource)) return seen
  const rose = roseSinceStart(resource, recording)
  if (rose <= mayRise(resource, recording)) return seen
  const isHalf = from <= HALF * to
  const whole = isHalf ? wholly() : null
  if (whole?.judged.verdict === 'clean' && (whole.budget ?? 0) <= Math.max(perCycle, rose / to / 2)) return whole
  const moreCycles = Math.ceil(isHalf ? to : 2.2 * from - to)
  const judged: SeriesVerdict = {
    ...seen.judged,
    verdict: 'inconclusive',
    reasonCode: 'grew-before',
    facts: { reached: rose, moreCycles },
    confirmed: null,
  }
  return { judged, budget: perCycle }
}

/** Less says nothing. */
const LEAST_TOLD = 0.5 * MB

/**
 * What memory that grows within its budget rose by before it was read, in the facts of its verdict: a table that did not grow while it was read
 * shows as its entries alone.
 */
export function withRise(seen: Seen, resource: PlannedResource, recording: Recording): Seen {
  const { verdict, reasonCode, growthPerCycle, facts } = seen.judged
  if (verdict !== 'clean' || reasonCode === 'flat' || recording.end === null || !isInnerMemory(resource)) return seen
  const rose = Math.round(roseSinceStart(resource, recording))
  const said = 2 * (growthPerCycle ?? 0) * recording.end.cycles
  return rose < Math.max(LEAST_TOLD, said) ? seen : { ...seen, judged: { ...seen.judged, facts: { ...facts, rose } } }
}

/** By how much memory rose since it was least, up to the least of its last quarter: noise lowers both alike. */
function roseBy(points: readonly Point[], least: number): number {
  const last = points.slice(Math.floor(0.75 * points.length)).map(({ value }) => value)
  return last.length > 0 ? Math.min(...last) - least : 0
}

/** Memory of a Node target that ran long enough is part of every verdict: one without it is none, but for a smoke test. */
export const hasToBeRead = (resource: PlannedResource, { end, header: { plan } }: Recording): boolean =>
  isYoung(resource) &&
  resource.level === 'error' &&
  !isCommand(plan) &&
  !plan.length.quick &&
  end !== null &&
  end.cycles >= YOUNG_CYCLES
