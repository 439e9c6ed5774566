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
import { medianOf } from './raw/spread.ts'
import { judgeLong, LEAST_LONG } from './raw/verdict.ts'
import { none, type Rules, type SeriesVerdict, unknown } from './rules.ts'
import type { Series } from './series.ts'
import { begunAt } from './shards.ts'
import type { XY } from './trend.ts'
import type { Seen } from './undecided.ts'
import { YOUNG_CYCLES } from './young.ts'

const MB = 1024 ** 2
/** Growth in all, while it was read, below which it says nothing: allocators keep what was freed. */
const LEAST_GROWN = 64 * MB

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

/** A look takes some 20 ms: where there are a thousand checkpoints, one in twenty that it had so far is enough. */
const LOOKS_APART = 20
const isLookedAt = (checkpoints: number): boolean => lastLookedAt(checkpoints) === checkpoints
/** The last of so many checkpoints at which an early look looks at resident memory. */
export const lastLookedAt = (checkpoints: number): number =>
  checkpoints - (checkpoints % Math.max(1, Math.floor(checkpoints / LOOKS_APART)))

/** About by how much it rose: a tenth of the readings at either end. */
function roseBy({ y }: XY): number {
  const tenth = Math.ceil(y.length / 10)
  return y.length > 0 ? medianOf(y.subarray(-tenth)) - medianOf(y.subarray(0, tenth)) : 0
}

const spanOf = ({ x }: XY): number => (x.at(-1) ?? 0) - (x[0] ?? 0)

/** What nobody named may grow by: 64 MB over the run, and what is allowed a cycle at most. A minute is no cycle. */
const allowedOf = (budget: number, readings: XY, { cycleUnit }: Plan): number =>
  Math.min(cycleUnit === 'minute' ? Infinity : budget, LEAST_GROWN / Math.max(1, spanOf(readings)))

const open = (reasonCode: ReasonCode, facts: VerdictFacts): SeriesVerdict => ({
  ...unknown,
  verdict: 'inconclusive',
  reasonCode,
  facts,
})

/**
 * Judges resident memory by all its readings.
 * @returns null where a budget names it and there are too few: then it is judged as any memory is
 */
export function judgeResident(resource: PlannedResource, rules: Rules, recording: Recording): Seen | null {
  const { header, start } = recording
  const readings = readingsOf(recording, resource.name)
  const isByDefault = isCoarse(resource)
  const isFew = readings.x.length < LEAST_LONG
  if (!isByDefault && (isFew || !Number.isFinite(rules.budget))) return null
  const budget = isByDefault ? allowedOf(rules.budget, readings, header.plan) : rules.budget
  const seen = (judged: SeriesVerdict): Seen => ({ judged, budget })
  if (isByDefault) {
    const greedy = start?.collectors?.filter((language) => GREEDY.test(language)) ?? []
    if (greedy.length > 0)
      return seen(open('not-judged', { unread: `the heap of ${greedy.join(' and ')} takes what it may` }))
    if (roseBy(readings) <= budget * spanOf(readings))
      return seen(open('not-judged', { unread: 'it rose by less than 64 MB' }))
    if (isFew || ranMs(recording) < leastMs(recording)) return seen(open('too-short', {}))
  }
  if (rules.early && !isLookedAt(recording.checkpoints.length)) return seen(open('too-short', {}))
  const msPerUnit = header.plan.cycleUnit === 'minute' ? MINUTE_MS : null
  // A look is paid for, and there are no more of them than readings.
  const looks = rules.early ? readings.x.length : 1
  return seen(judgeLong(readings, budget, { starts: null, msPerUnit, looks }))
}
const MINUTE_MS = 60_000
