/**
 * Memory that wavers by tens of megabytes in healthy programs: what V8 knows nothing of in a Node target (native code, WebAssembly, JIT code), and the resident
 * memory of a program that is read from outside. Unless a budget names it, it is judged only where nobody can miss its growth. Pure.
 */
import {
  isCoarse,
  isCommand,
  type Plan,
  type PlannedResource,
  type ReasonCode,
  type Recording,
  type ResourceVerdict,
  type VerdictFacts,
} from '../model.ts'
import { OUTLASTS_MS } from './collector.ts'
import type { Point } from './floor.ts'
import { overCap } from './memory.ts'
import { medianOf } from './raw/spread.ts'
import { judgeLong, LEAST_LONG } from './raw/verdict.ts'
import { none, type Rules, type SeriesVerdict, unknown } from './rules.ts'
import type { Series } from './series.ts'
import { begunAt, shardsOf } from './shards.ts'
import type { XY } from './trend.ts'
import type { Seen } from './undecided.ts'
import { YOUNG_CYCLES } from './young.ts'

const MB = 1024 ** 2
/** Growth in all, while it was read, below which it says nothing: allocators keep what was freed. */
const LEAST_GROWN = 64 * MB
/** And what a process takes while it is young. */
const LEAST_TAKEN = 16 * MB

/**
 * The cycle from which memory that V8 knows nothing of is judged: in a young process it grows by 24 to 70 kB a cycle (measured over 300 cycles), however clean. Or, if the process is still young
 * then, that at which every reading begins to come after a full collection.
 */
export function nativeFrom(recording: Recording): number {
  const begun = begunAt(recording)
  const measured = recording.events.findLast(({ kind }) => kind === 'memory')?.cycles ?? Infinity
  return Math.min(begun + YOUNG_CYCLES, Math.max(begun, measured))
}

/** Why a verdict on it does not count; null where it does. */
function whyUnjudged(judged: SeriesVerdict, { points }: Series, { checkpoints }: Recording): string | null {
  if (judged.verdict === 'clean') return null
  if (judged.verdict === 'inconclusive') return 'its growth is not certain'
  const run = points.filter(({ drain }) => !drain)
  const grown = (judged.growthPerCycle ?? 0) * ((run.at(-1)?.cycle ?? 0) - (run[0]?.cycle ?? 0))
  if (grown < LEAST_GROWN) return 'it grew by less than 64 MB'
  // They are collected when they like, and not when it is read.
  return checkpoints.some(({ readings }) => (readings.workers ?? 0) > 0) ? 'the heaps of Workers are in it' : null
}

type Said = Pick<ResourceVerdict, 'level' | 'verdict' | 'reasonCode' | 'confirmed' | 'facts' | 'detectable'>

/** It holds nothing back. */
const notJudged = (facts: ResourceVerdict['facts']): Said => ({
  ...none,
  level: 'off',
  reasonCode: 'not-judged',
  facts,
  detectable: null,
})

/** What is said of it instead of its verdict, where a budget does not name it; null of everything else, and of a leak. */
export function saidOfCoarse(
  resource: PlannedResource,
  judged: SeriesVerdict,
  series: Series,
  recording: Recording,
): Said | null {
  if (!isCoarse(resource)) return null
  const { verdict, reasonCode, confirmed, facts } = judged
  const isInside = !isResident(resource, recording.header)
  const unread = isInside ? whyUnjudged(judged, series, recording) : (facts.unread ?? null)
  if (unread !== null) return notJudged({ unread })
  // Nobody can say of less than 64 MB that it would have been seen.
  return verdict === 'clean' ? { level: resource.level, verdict, reasonCode, confirmed, facts, detectable: null } : null
}

/** The same where it could not be read. */
export const unreadCoarse = (resource: PlannedResource, { facts }: Pick<ResourceVerdict, 'facts'>): Said | null =>
  isCoarse(resource) && resource.level !== 'off' ? notJudged(facts) : null

// Resident memory of a program that is read from outside. Nobody collects it, so what is read between checkpoints tells as much.

/** Whether it is resident memory that no collection comes before. */
export const isResident = ({ view, unit }: PlannedResource, { plan }: { plan: Plan }): boolean =>
  view === 'kernel' && unit === 'bytes' && isCommand(plan)

/** Languages whose heap takes what it may before anything is collected: what it grows by says nothing of what it holds. */
const GREEDY = /Java|\.NET/

/** All its readings from the first checkpoint on, by cycles. */
function readingsOf({ samples, checkpoints }: Recording, name: string): XY {
  const from = checkpoints[0]?.ms ?? Infinity
  const column = samples.readings.get(name) ?? new Float64Array()
  const sampled = Array.from(column, (value, i) => ({
    ms: samples.ms[i] as number,
    cycle: samples.cycles[i] as number,
    value,
  }))
  const full = checkpoints.map(({ ms, cycles, readings }) => ({
    ms,
    cycle: cycles,
    value: readings[name] ?? Number.NaN,
  }))
  const read = [...sampled, ...full].filter(({ ms, value }) => ms >= from && !Number.isNaN(value))
  read.sort((a, b) => a.ms - b.ms)
  return { x: Float64Array.from(read, ({ cycle }) => cycle), y: Float64Array.from(read, ({ value }) => value) }
}

/**
 * A cache that fills, and a heap that finds its size, look like a leak for so long, ms; where there is a collector, for as long as what it closes, and a little
 * longer, since that says more.
 */
const leastMs = ({ start }: Recording): number => (start?.collectors?.length ? 1.1 * OUTLASTS_MS : 60_000)
const ranMs = ({ checkpoints }: Recording): number => (checkpoints.at(-1)?.ms ?? 0) - (checkpoints[0]?.ms ?? 0)

/** A look takes some 20 ms: where there are a thousand checkpoints, one in twenty that a run had so far is enough. A watch looks seldom by itself. */
const LOOKS_APART = 20
const isLookedAt = ({ checkpoints: { length }, end, header: { plan } }: Recording): boolean =>
  end !== null || plan.watched || length % Math.max(1, Math.floor(length / LOOKS_APART)) === 0

/** Levels of ten parts of equal length. */
function tenths({ y }: XY): number[] {
  const size = y.length / 10
  return y.length < 10
    ? [...y]
    : Array.from({ length: 10 }, (_, i) => medianOf(y.subarray(Math.floor(i * size), Math.floor((i + 1) * size))))
}

/** About by how much it rose from the least that it was: what fell first has hidden nothing. */
function roseBy(readings: XY): number {
  let [least, most] = [Infinity, 0]
  for (const level of tenths(readings)) {
    least = Math.min(least, level)
    most = Math.max(most, level - least)
  }
  return most
}

const spanOf = ({ x }: XY): number => (x.at(-1) ?? 0) - (x[0] ?? 0)

/**
 * What nobody named may grow by: 64 MB over the run and what is allowed a cycle at most, but never less than 16 MB, which a young process may take. A minute is
 * no cycle.
 */
function allowedOf(budget: number, readings: XY, { cycleUnit }: Plan): number {
  const span = Math.max(spanOf(readings), Number.MIN_VALUE)
  const most = cycleUnit === 'minute' ? LEAST_GROWN : Math.min(LEAST_GROWN, budget * span)
  return Math.max(most, LEAST_TAKEN) / span
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MB)} MB`

const greedyIn = ({ start }: Recording): string[] =>
  start?.collectors?.filter((language) => GREEDY.test(language)) ?? []

/** Why resident memory that nobody named is not judged; null where it has to be. @param allowed bytes in all */
function whyUnjudgedOutside(readings: XY, allowed: number, recording: Recording): string | null {
  const { end } = recording
  const greedy = greedyIn(recording)
  if (greedy.length > 0) return `the heap of ${greedy.join(' and ')} takes what it may`
  if (shardsOf(recording).length > 0) return 'several recordings are judged together'
  const rose = roseBy(readings)
  if (rose <= allowed) return `it rose by less than ${megabytes(allowed)}`
  const isShort = end !== null && ranMs(recording) < leastMs(recording)
  return isShort && rose <= LEAST_GROWN ? `the run was shorter than ${Math.round(leastMs(recording) / 1000)} s` : null
}

const open = (reasonCode: ReasonCode, facts: VerdictFacts = {}): SeriesVerdict => ({
  ...unknown,
  verdict: 'inconclusive',
  reasonCode,
  facts,
})

/** How many more cycles a run would have to have to be long enough. */
function moreCyclesOf(recording: Recording): VerdictFacts {
  const { checkpoints } = recording
  const cycles = (checkpoints.at(-1)?.cycles ?? 0) - (checkpoints[0]?.cycles ?? 0)
  const times = (1.2 * leastMs(recording)) / Math.max(1, ranMs(recording))
  return times > 1 && cycles > 0 ? { moreCycles: Math.ceil(cycles * (times - 1)) } : {}
}

/**
 * Judges resident memory by all its readings.
 * @param all every reading, for the caps
 * @returns null where there are too few to do so and a budget names it: then it is judged as any memory is
 */
export function judgeResident(
  resource: PlannedResource,
  rules: Rules,
  recording: Recording,
  all: readonly Point[],
): Seen | null {
  const seen = withoutCaps(resource, rules, recording)
  const passed = seen && overCap(all, rules)
  return passed ? { ...seen, judged: { ...seen.judged, verdict: 'leaking', ...passed, confirmed: true } } : seen
}

function withoutCaps(resource: PlannedResource, rules: Rules, recording: Recording): Seen | null {
  const { plan } = recording.header
  const readings = readingsOf(recording, resource.name)
  const isByDefault = isCoarse(resource)
  const isFew = readings.x.length < LEAST_LONG
  if (!isByDefault && (isFew || !Number.isFinite(rules.budget))) return null
  const budget = isByDefault ? allowedOf(rules.budget, readings, plan) : rules.budget
  // A look is paid for, and there are no more of them than readings.
  const looks = rules.early ? readings.x.length : 1
  const msPerUnit = plan.cycleUnit === 'minute' ? MINUTE_MS : null
  const judged = (): SeriesVerdict => judgeLong(readings, budget, { starts: null, msPerUnit, looks })
  const unread = isByDefault ? whyUnjudgedOutside(readings, budget * spanOf(readings), recording) : null
  if (unread !== null) {
    // Its growth is told all the same: a forecast may go by it.
    const told = recording.end === null || isFew ? unknown : judged()
    return {
      judged: { ...told, verdict: 'inconclusive', reasonCode: 'not-judged', confirmed: null, facts: { unread } },
      budget,
    }
  }
  const isShort = ranMs(recording) < leastMs(recording) && !plan.accepted[resource.name]
  if (isByDefault && (isFew || isShort)) return { judged: open('too-short', moreCyclesOf(recording)), budget }
  if (rules.early && !isLookedAt(recording)) return { judged: open('too-short'), budget }
  return { judged: judged(), budget }
}
const MINUTE_MS = 60_000

/** What a run, and a watch, are looked at for, where nobody said how long: cycles, and minutes. */
const PLANNED = { cycle: 10_000, minute: 60 }

/** Whether resident memory that nobody named would grow by more than it may until a run is over, if it went on as in its last half. */
export function mayGrowOn(resource: PlannedResource, recording: Recording): boolean {
  const { plan } = recording.header
  if (!isCoarse(resource) || resource.level === 'off' || !isResident(resource, recording.header)) return false
  if (greedyIn(recording).length > 0) return false
  const readings = readingsOf(recording, resource.name)
  const allowed = allowedOf(resource.perCycle ?? Infinity, readings, plan) * spanOf(readings)
  const half = tenths(readings).slice(-5)
  const rate = ((half.at(-1) ?? 0) - (half[0] ?? 0)) / (0.4 * Math.max(spanOf(readings), Number.MIN_VALUE))
  const left = (plan.length.cycles ?? PLANNED[plan.cycleUnit]) - spanOf(readings)
  return rate * left > Math.max(allowed, LEAST_GROWN)
}
