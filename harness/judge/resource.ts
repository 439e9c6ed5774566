/** From one series of a recording to what is said of its resource. Pure. */
import type { PlannedResource, Recording, ResourceVerdict, Trend } from '../model.ts'
import { acceptance } from './acceptance.ts'
import { heldWhileBusy, stoodAbove } from './busy.ts'
import { isResident, judgeResident, saidOfCoarse, unreadCoarse } from './coarse.ts'
import { outlasting } from './collector.ts'
import { judgeByFaults, type Lasting } from './faults.ts'
import type { Point } from './floor.ts'
import { isInnerMemory, isMemoryByDefault } from './overall.ts'
import { resetsOf } from './resets.ts'
import { highestOf, limitsOf, none, type Rules, type SeriesVerdict, unknown } from './rules.ts'
import type { Series } from './series.ts'
import { shardsOf } from './shards.ts'
import { steadiness } from './steadiness.ts'
import { asFarAsSeen, type Seen } from './undecided.ts'
import { judgeSeries } from './verdict.ts'
import { hasToBeRead, heldAgainstStart, unjudgedMemory, withRise } from './young.ts'

/**
 * The readings of a resource that a cap asks for: it holds between full collections, too, and between checkpoints. Of the
 * samples the first, the highest and the last say it all.
 */
function allReadings({ checkpoints, samples }: Recording, name: string): Point[] {
  const column = samples.readings.get(name) ?? new Float64Array()
  const read = column.findIndex((value) => !Number.isNaN(value))
  const highest = column.reduce((at, value, i) => (value > (column[at] ?? -Infinity) ? i : at), read)
  const last = column.findLastIndex((value) => !Number.isNaN(value))
  const sampled = [...new Set([read, highest, last])]
    .filter((i) => i >= 0)
    .map((i) => ({
      ms: samples.ms[i] as number,
      cycle: samples.cycles[i] as number,
      value: column[i] as number,
      drain: false,
    }))
  const full = checkpoints.flatMap(({ ms, cycles, phase, readings, highest }) => {
    const value = readings[name]
    const most = highest?.[name] ?? value
    return value == null || most == null ? [] : [{ ms, cycle: cycles, value, highest: most, drain: phase === 'drain' }]
  })
  return [...sampled, ...full].sort((a, b) => a.ms - b.ms)
}

const highest = (points: readonly Point[]): number | null => (points.length > 0 ? highestOf(points) : null)

/** Memory is judged in a part of the run: for that part to be longer, the whole run has to be. */
function scaled(judged: SeriesVerdict, { points }: Series, all: readonly Point[]): SeriesVerdict {
  const { moreCycles } = judged.facts
  const span = (of: readonly Point[]) => (of.at(-1)?.cycle ?? 0) - (of[0]?.cycle ?? 0)
  if (moreCycles === undefined || span(points) <= 0 || span(all) <= span(points)) return judged
  return { ...judged, facts: { ...judged.facts, moreCycles: Math.ceil((moreCycles * span(all)) / span(points)) } }
}

type OwnRules = Omit<Rules, 'budget' | 'total' | 'peak'>
type Judged = { judged: SeriesVerdict; underFaults: ResourceVerdict['underFaults']; resets: readonly number[] }

/** What is said of a resource, whatever its verdict. */
function shownOf({ named, perCycle, ...resource }: PlannedResource, { points }: Series, all: readonly Point[] | null) {
  const { name, view, unit, level } = resource
  const run = points.filter(({ drain }) => !drain)
  return {
    name,
    view,
    unit,
    level,
    gate: named ? ('named' as const) : ('default' as const),
    start: run[0]?.value ?? null,
    end: points.at(-1)?.value ?? null,
    peak: highest(all ?? run),
    budget: perCycle,
    trend: null,
    accepted: null,
    underFaults: null,
  }
}

/** In the place of a verdict where there is no series to judge. */
function unreadOf(resource: PlannedResource, { gap }: Series, unjudged: string | null, recording: Recording) {
  if (!gap) return null
  if (unjudged !== null) return notJudged(unjudged)
  const isOpen = gap.code === 'not-read' && !resource.named && !hasToBeRead(resource, recording)
  return {
    ...none,
    verdict: isOpen ? null : ('inconclusive' as const),
    reasonCode: gap.code,
    facts: { unread: gap.why },
  }
}
const notJudged = (unread: string) => ({ ...none, reasonCode: 'not-judged' as const, facts: { unread } })

/** A count: at rest and under load, with faults and without. */
function judgeCounts(
  { name, view }: PlannedResource,
  { points }: Series,
  rules: Rules,
  recording: Recording,
  faults: readonly Lasting[],
): Judged {
  const { events, start, end } = recording
  const shards = shardsOf(recording)
  const swept = view === 'server' ? resetsOf(name, points, { events, faults }) : []
  const resets = [...shards, ...swept].sort((a, b) => a - b)
  const before = start?.readings[name] ?? undefined
  const whole = judgeSeries(points, 'count', rules, { resets, before })
  const parts = judgeByFaults(whole, points, resets.length === 0 ? faults : [], rules, before)
  const isPlain = faults.length === 0 && shards.length === 0
  const busy = isPlain ? heldWhileBusy(recording, name, rules) : null
  const judged = outlasting(busy ?? parts.judged, name, recording)
  const stood = isPlain && end && judged.verdict === 'clean' ? stoodAbove(recording, name) : null
  const facts = { ...judged.facts, ...stood }
  return { judged: { ...judged, facts }, underFaults: parts.underFaults, resets }
}

/** Memory, as it was read. Too few of its readings lie between faults to take them apart. */
const judgeBytes = (series: Series, rules: Rules, read: readonly Point[]): SeriesVerdict =>
  scaled(judgeSeries(series.points, 'bytes', rules, { all: read }), series, read)

/** Memory by what it kept since before the first cycle, too, and held to what the run could tell. */
function withItsPast(
  judged: SeriesVerdict,
  resource: PlannedResource,
  series: Series,
  recording: Recording,
  wholly: () => SeriesVerdict,
): Seen {
  // What the run could tell is known when it is over.
  const isHeldTo = recording.end !== null && isMemoryByDefault(resource) && isInnerMemory(resource)
  const seenOf = (so: SeriesVerdict): Seen =>
    isHeldTo ? asFarAsSeen(so, resource) : { judged: so, budget: resource.perCycle }
  const held = heldAgainstStart(seenOf(judged), resource, series.points, recording, () => seenOf(wholly()))
  return withRise(held, resource, recording)
}

/** Judges one resource of a recording. */
export function judgeResource(
  resource: PlannedResource,
  series: Series,
  shared: OwnRules,
  recording: Recording,
  faults: readonly Lasting[],
): Omit<ResourceVerdict, 'headroom' | 'forecast'> {
  const { name, unit, level, perCycle, total, peak } = resource
  const all = unit === 'bytes' ? allReadings(recording, name) : null
  const shown = shownOf(resource, series, all)
  const unjudged = unjudgedMemory(resource, series.points.filter(({ drain }) => !drain).length, recording)
  const unread = unreadOf(resource, series, unjudged, recording)
  if (unread) return { ...shown, ...unknown, ...unread, ...unreadCoarse(resource, unread) }
  if (level === 'off' && shared.early) return { ...shown, ...unknown, ...none }
  // What is taken apart by faults leaves half of its error to its parts.
  const falseAlarm = faults.length > 0 ? shared.falseAlarm / 2 : shared.falseAlarm
  // A cap alone, and memory that is only recorded, bounds no growth.
  const budget = perCycle ?? (unit === 'bytes' ? Infinity : 0)
  const rules = { ...shared, falseAlarm, budget, total, peak }
  const isOutside = level !== 'off' && isResident(resource, recording.header)
  const resident = all && isOutside ? judgeResident(resource, rules, recording, all) : null
  const { judged, underFaults, resets }: Judged = all
    ? { judged: resident?.judged ?? judgeBytes(series, rules, all), underFaults: null, resets: shardsOf(recording) }
    : judgeCounts(resource, series, rules, recording, faults)
  // What is only recorded has its growth, for the forecast, and no verdict.
  // A look at a running recording compares nothing.
  const trend = recording.end ? trendOf(judged, series, unit, resets) : null
  if (level === 'off') return { ...shown, trend, underFaults, ...numbersOf(judged), ...none }
  const ofCoarse = saidOfCoarse(resource, judged, series, recording)
  if (ofCoarse) return { ...shown, trend, underFaults, ...numbersOf(judged), ...ofCoarse }
  const seen =
    resident ??
    (all
      ? withItsPast(judged, resource, series, recording, () => judgeBytes(series, { ...rules, wholeOnly: true }, all))
      : { judged, budget: perCycle })
  if (unjudged !== null && seen.judged.verdict === 'inconclusive')
    return { ...shown, ...unknown, ...notJudged(unjudged) }
  const accepted = acceptance(resource, seen.judged, trend, recording.header)
  return { ...shown, budget: seen.budget, trend, underFaults, ...numbersOf(seen.judged), ...accepted }
}

const numbersOf = ({ ruledOut: _, ...numbers }: SeriesVerdict) => numbers

function trendOf(
  judged: SeriesVerdict,
  { points }: Series,
  unit: PlannedResource['unit'],
  resets: readonly number[],
): Trend | null {
  const steady = unit === 'count' && resets.length === 0 ? steadiness(points) : null
  // What never grew has no spread to go by: only the limits say how much could have been missed.
  return steady && (steady.growthPerCycle !== 0 || steady.high > 0) ? steady : (limitsOf(judged) ?? steady)
}
