/** Recording in, verdict out. Pure: judging a recording again gives the same verdict. */
import {
  isCommand,
  type PlannedResource,
  type Recording,
  type ResourceVerdict,
  type RunVerdict,
  type Trend,
} from '../model.ts'
import { acceptance } from './acceptance.ts'
import { heldWhileBusy } from './busy.ts'
import { crashOf } from './crash.ts'
import { judgeByFaults, type Lasting, lasting } from './faults.ts'
import type { Point } from './floor.ts'
import { earliest, forecastOf, headroomOf, ratesInScope } from './forecast.ts'
import { gates, isMemoryByDefault, overall } from './overall.ts'
import { asFineAsDecided, resolutionOf } from './reach.ts'
import { resetsOf } from './resets.ts'
import { errorShared, highestOf, limitsOf, type Rules, type SeriesVerdict, unknown } from './rules.ts'
import { type Series, seriesOf } from './series.ts'
import { steadiness } from './steadiness.ts'
import { throughputOf } from './throughput.ts'
import { asFarAsSeen, type Seen } from './undecided.ts'
import { judgeSeries } from './verdict.ts'
import { hasToBeRead, heldAgainstStart, memoryFrom, unjudgedMemory, withRise } from './young.ts'

/** The plan's resources, and those that only the run could name: what `serverState()` returned. */
export function resourcesOf({ header, checkpoints }: Recording): PlannedResource[] {
  const planned = header.plan.resources
  const known = new Set(planned.map(({ name }) => name))
  const states = new Set(checkpoints.flatMap(({ readings }) => Object.keys(readings).filter((n) => !known.has(n))))
  return [
    ...planned,
    ...[...states].map(
      (name): PlannedResource => ({
        name,
        view: 'server',
        unit: 'count',
        level: 'error',
        named: false,
        perCycle: 0,
        total: null,
        peak: null,
      }),
    ),
  ]
}

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

function judgeResource(
  resource: PlannedResource,
  series: Series,
  rules: Omit<Rules, 'budget' | 'total' | 'peak'>,
  recording: Recording,
  faults: readonly Lasting[],
): Omit<ResourceVerdict, 'headroom' | 'forecast'> {
  const { name, view, unit, level, perCycle, total, peak, named } = resource
  const run = series.points.filter(({ drain }) => !drain)
  const all = unit === 'bytes' ? allReadings(recording, name) : null
  const shown = {
    name,
    view,
    unit,
    level,
    gate: named ? ('named' as const) : ('default' as const),
    start: run[0]?.value ?? null,
    end: series.points.at(-1)?.value ?? null,
    peak: highest(all ?? run),
    budget: perCycle,
    trend: null,
    accepted: null,
    underFaults: null,
  }
  const unjudged = unjudgedMemory(resource, run.length, recording)
  const notJudged = {
    ...shown,
    ...unknown,
    verdict: null,
    reasonCode: 'not-judged',
    facts: { unread: unjudged ?? '' },
  } as const
  if (series.gap && unjudged) return notJudged
  if (series.gap) {
    const isOpen = series.gap.code === 'not-read' && !named && !hasToBeRead(resource, recording)
    const verdict = isOpen ? null : ('inconclusive' as const)
    return { ...shown, ...unknown, verdict, reasonCode: series.gap.code, facts: { unread: series.gap.why } }
  }
  const shards = recording.events.filter(({ kind }) => kind === 'shard').map(({ cycles }) => cycles)
  const happened = { events: recording.events, faults }
  const resets = [...shards, ...(view === 'server' ? resetsOf(name, series.points, happened) : [])].sort(
    (a, b) => a - b,
  )
  const before = recording.start?.readings[name] ?? undefined
  const off = { verdict: null, reasonCode: null, confirmed: null, facts: {} }
  if (level === 'off' && rules.early) return { ...shown, ...unknown, ...off }
  // A cap alone, and memory that is only recorded, bounds no growth.
  const budget = perCycle ?? (unit === 'bytes' ? Infinity : 0)
  const read = all ?? series.points
  // What is taken apart by faults leaves half of its error to its parts.
  const falseAlarm = faults.length > 0 ? rules.falseAlarm / 2 : rules.falseAlarm
  const own = { ...rules, falseAlarm, budget, total, peak }
  const whole = scaled(judgeSeries(series.points, unit, own, { resets, before, all: read }), series, read)
  // Memory is noise and trend: too few of its readings lie between faults to tell.
  const apart = unit === 'count' && resets.length === 0 ? faults : []
  const { judged: counted, underFaults } = judgeByFaults(whole, series.points, apart, own, before)
  const isPlain = unit === 'count' && !rules.early && faults.length === 0 && shards.length === 0
  const judged = (isPlain && heldWhileBusy(recording, name, own)) || counted
  // What is only recorded has its growth, for the forecast, and no verdict.
  // A look at a running recording compares nothing.
  const trend = recording.end ? trendOf(judged, series, unit, resets) : null
  const numbers = numbersOf(judged)
  if (level === 'off') return { ...shown, trend, underFaults, ...numbers, ...off }
  // What the run could tell is known when it is over.
  const isHeldTo = recording.end !== null && isMemoryByDefault(resource) && !isCommand(recording.header.plan)
  const seenOf = (so: SeriesVerdict): Seen => (isHeldTo ? asFarAsSeen(so, resource) : { judged: so, budget: perCycle })
  const held = heldAgainstStart(seenOf(judged), resource, series.points, recording, () =>
    seenOf(judgeSeries(series.points, unit, { ...own, wholeOnly: true }, { all: read })),
  )
  const seen = withRise(held, resource, recording)
  if (unjudged && seen.judged.verdict === 'inconclusive') return notJudged
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

/** The scenario's cadence, else the pace that was seen. */
function secondsPerCycle({ header, end }: Recording): number | null {
  const { cadenceMs } = header.plan
  if (cadenceMs !== null) return cadenceMs / 1000
  return end && end.cycles > 0 ? end.batchMs / end.cycles / 1000 : null
}

/**
 * Judges a recording.
 * @param early a look before the planned length: leaking only on overwhelming evidence. A target that died without a
 *   final drain, of itself or ended by a guard, is judged as strictly.
 */
export function judge(recording: Recording, { early = false }: { early?: boolean } = {}): RunVerdict {
  const { plan } = recording.header
  const strict = early || (recording.end?.exit ?? null) !== null
  const judged = resourcesOf(recording).map((resource) => {
    const collected = resource.unit === 'bytes' && !isCommand(plan)
    const from = memoryFrom(resource, recording)
    return { resource, series: seriesOf(recording.checkpoints, resource.name, { collected, from }) }
  })
  const gating = new Set(
    judged.flatMap(({ resource, series }) =>
      gates(resource, series) || hasToBeRead(resource, recording) ? [resource.name] : [],
    ),
  )
  // Memory is read late in a run and has its share of the error from the beginning.
  const sharing = judged.filter(
    ({ resource }) => gating.has(resource.name) || (resource.level === 'error' && isMemoryByDefault(resource)),
  )
  const gatesAtAll = Math.max(1, sharing.length)
  const shared = { ...errorShared(gatesAtAll), early: strict }
  const faults = lasting(recording)
  const { resolution, judged: verdicts } = asFineAsDecided(
    recording,
    resolutionOf(plan, recording.checkpoints, gatesAtAll),
    (reach) =>
      judged.map(({ resource, series }) => judgeResource(resource, series, { ...shared, ...reach }, recording, faults)),
  )
  const limits = recording.limits.at(-1)?.limits ?? []
  const rateOf = ratesInScope(recording.limits)
  const pace = secondsPerCycle(recording)
  const resources = verdicts.map((verdict) => ({
    ...verdict,
    headroom: headroomOf(verdict.name, limits),
    forecast: forecastOf(verdict, limits, pace, rateOf),
  }))
  const crash = crashOf(recording, judge)
  // An early look asks for leaks alone.
  const throughput = early ? null : throughputOf(recording)
  return {
    ...overall(recording, resources, gating),
    dies: earliest(resources),
    crash,
    throughput,
    resolution,
    resources,
  }
}
