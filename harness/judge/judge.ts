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
import { crashOf } from './crash.ts'
import { faultsToCome, judgeByFaults, type Lasting, lasting } from './faults.ts'
import type { Point } from './floor.ts'
import { earliest, forecastOf, headroomOf, ratesInScope } from './forecast.ts'
import { gates, isMemoryByDefault, overall } from './overall.ts'
import { resetsOf } from './resets.ts'
import { errorShared, highestOf, limitsOf, type Rules, type SeriesVerdict, unknown } from './rules.ts'
import { type Series, seriesOf } from './series.ts'
import { steadiness } from './steadiness.ts'
import { throughputOf } from './throughput.ts'
import { judgeSeries } from './verdict.ts'

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
  if (series.gap) {
    const verdict = series.gap.code === 'not-read' && !named ? null : ('inconclusive' as const)
    return { ...shown, ...unknown, verdict, reasonCode: series.gap.code, facts: { unread: series.gap.why } }
  }
  const shards = recording.events.filter(({ kind }) => kind === 'shard').map(({ cycles }) => cycles)
  const happened = { events: recording.events, faults }
  const resets = [...shards, ...(view === 'server' ? resetsOf(name, series.points, happened) : [])].sort(
    (a, b) => a - b,
  )
  const off = { verdict: null, reasonCode: null, confirmed: null, facts: {} }
  if (level === 'off' && rules.early) return { ...shown, ...unknown, ...off }
  // A cap alone, and memory that is only recorded, bounds no growth.
  const budget = perCycle ?? (unit === 'bytes' ? Infinity : 0)
  const read = all ?? series.points
  // What is taken apart by faults leaves half of its error to its parts.
  const falseAlarm = faults.length > 0 ? rules.falseAlarm / 2 : rules.falseAlarm
  const own = { ...rules, falseAlarm, budget, total, peak }
  const whole = scaled(judgeSeries(series.points, unit, own, { resets, all: read }), series, read)
  // Memory is noise and trend: too few of its readings lie between faults to tell.
  const apart = unit === 'count' && resets.length === 0 ? faults : []
  const { judged, underFaults } = judgeByFaults(whole, series.points, apart, own)
  // What is only recorded has its growth, for the forecast, and no verdict.
  // A look at a running recording compares nothing.
  const trend = recording.end ? trendOf(judged, series, unit, resets) : null
  if (level === 'off') return { ...shown, trend, underFaults, ...judged, ...off }
  return { ...shown, trend, underFaults, ...judged, ...acceptance(resource, judged, trend, recording.header) }
}

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
 * A young heap grows by what V8 compiles and learns, by some 100 kB up to 1.5 MB, and steadily for some hundred cycles: in a
 * short run it looks like a leak (`dcs-client/resolver-stopped` in 200 cycles of 30 ms: 0.5 kB per cycle; flat after 700).
 * So what nobody named is judged from this cycle on, unless it grew by more than that.
 */
const YOUNG = { cycles: 500, grows: 4 * 1024 ** 2 }

function memoryFrom(resource: PlannedResource, checkpoints: Recording['checkpoints']): number {
  if (!isMemoryByDefault(resource) || resource.view !== 'runtime') return 0
  const read = checkpoints.flatMap(({ collected, readings }) => (collected ? (readings[resource.name] ?? []) : []))
  return (read.at(-1) ?? 0) - (read[0] ?? 0) > YOUNG.grows ? 0 : YOUNG.cycles
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
    const from = memoryFrom(resource, recording.checkpoints)
    return { resource, series: seriesOf(recording.checkpoints, resource.name, { collected, from }) }
  })
  const gating = new Set(judged.flatMap(({ resource, series }) => (gates(resource, series) ? [resource.name] : [])))
  // Memory is read late in a run and has its share of the error from the beginning.
  const sharing = judged.filter(
    ({ resource }) => gating.has(resource.name) || (resource.level === 'error' && isMemoryByDefault(resource)),
  )
  const rules = { ...errorShared(Math.max(1, sharing.length)), resolution: plan.resolution, early: strict }
  const limits = recording.limits.at(-1)?.limits ?? []
  const rateOf = ratesInScope(recording.limits)
  const pace = secondsPerCycle(recording)
  const faults = lasting(recording)
  const resources = judged.map(({ resource, series }) => {
    const verdict = judgeResource(resource, series, rules, recording, faults)
    return {
      ...verdict,
      headroom: headroomOf(verdict.name, limits),
      forecast: forecastOf(verdict, limits, pace, rateOf),
    }
  })
  const crash = crashOf(recording, judge)
  // An early look asks for leaks alone.
  const throughput = early ? null : throughputOf(recording)
  return { ...overall(recording, resources, gating), dies: earliest(resources), crash, throughput, resources }
}

/**
 * Looks at a running recording: whether it is certain enough to stop, or, with every gate but memory clean, to go over to
 * measuring memory.
 */
export function lookEarly(recording: Recording): 'leaking' | 'clean' | 'counts-clean' | null {
  const { checkpoints, header } = recording
  const enough = Math.max(LEAST_SAMPLES.leaking, EARLY_FROM * header.plan.length.checkpoints)
  const { resources } = judge(recording, { early: true })
  const isKnown = ({ name }: ResourceVerdict) => header.plan.accepted[name] !== undefined
  const gate = resources.filter(
    (resource) => resource.level === 'error' && resource.verdict !== null && !isKnown(resource),
  )
  // Memory is read at fewer of them.
  const collected = checkpoints.filter((checkpoint) => checkpoint.collected).length
  const read = ({ unit }: ResourceVerdict) =>
    unit === 'bytes' && !isCommand(header.plan) ? collected : checkpoints.length
  const certain = gate.filter(({ verdict }) => verdict === 'leaking')
  if (checkpoints.length >= enough && certain.some((resource) => read(resource) >= LEAST_SAMPLES.leaking))
    return 'leaking'
  const counts = gate.filter(({ unit }) => unit === 'count')
  const isClean = ({ verdict }: ResourceVerdict) => verdict === 'clean'
  if (faultsToCome(recording)) return null
  // What a baseline accepts is measured to the planned length: it may become worse.
  if (Object.keys(header.plan.accepted).length > 0) return null
  if (checkpoints.length < LEAST_SAMPLES.clean || counts.length === 0 || !counts.every(isClean)) return null
  const memory = resources.filter(({ level, unit, view }) => level !== 'off' && unit === 'bytes' && view === 'runtime')
  // What only warns has been measured, then; what gates is clean.
  const done = (resource: ResourceVerdict) =>
    read(resource) >= LEAST_SAMPLES.clean && (resource.level === 'warn' || isClean(resource))
  return memory.every(done) ? 'clean' : 'counts-clean'
}

/** Looks for a leak begin at 30 % of the planned checkpoints, and never before 30. */
const EARLY_FROM = 0.3
const LEAST_SAMPLES = { leaking: 30, clean: 20 }

/** Gating resources that are not clean and stand above where they started: what a final drain may see return. */
export function apparentLeaks(recording: Recording): ResourceVerdict[] {
  return judge(recording).resources.filter(
    ({ level, unit, verdict, start, end }) =>
      level === 'error' &&
      unit === 'count' &&
      verdict !== null &&
      verdict !== 'clean' &&
      start !== null &&
      end !== null &&
      end > start,
  )
}
