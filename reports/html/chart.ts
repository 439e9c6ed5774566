/** What one chart draws: a resource of one recording over its cycles, or its time. Pure. */
import { type EventLine, type FaultLine, isCommand, type Recording, type ResourceResult } from '../../harness/model.ts'
import { thinned } from './thin.ts'

/** How a series is drawn; `low` and `high` bound a band. */
type Look = 'points' | 'line' | 'dashed' | 'faint' | 'large' | 'low' | 'high'
export type Series = {
  label: string
  look: Look
  colour: 'ink' | 'bad' | 'good' | 'faint' | 'base' | 'head'
  /** Cycles, or the number of a run. */
  x: number[]
  /** Seconds; empty where there is no time. */
  t: number[]
  y: number[]
}
export type Chart = {
  name: string
  unit: 'count' | 'bytes'
  series: Series[]
  /** Up to here, in cycles and in seconds, nothing is judged. */
  shade: { x: number; t: number } | null
  /** From where to where faults were. */
  faults?: { from: { x: number; t: number }; to: { x: number; t: number } }[]
  /** What happened, and when. */
  marks: { x: number; t: number; text: string }[]
  /** Its values have fractions, and its axis, too. */
  fine?: boolean
  /** It has no cycles but time: there is one axis. */
  timed?: boolean
  /** Names of the places on the x axis, where they are no numbers; the short ones stand on the axis. */
  labels?: { short: string; long: string }[]
}

/** As the judge leaves out. */
const WARM_UP = 0.1
/** A line needs no more corners than that, whatever the pace was. */
const CORNERS = 40

type At = { cycles: number; ms: number; value: number }

/** Digits that no pixel shows are left out: of a million readings a page has to hold what is left. */
const short = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(6)))

export const seriesOf = (label: string, look: Look, colour: Series['colour'], all: readonly At[]): Series => ({
  label,
  look,
  colour,
  x: all.map(({ cycles }) => cycles),
  t: all.map(({ ms }) => ms / 1000),
  y: all.map(({ value }) => short(value)),
})

const thin = (all: readonly At[]): At[] => thinned(all.map(({ value }) => value)).map((i) => all[i] as At)

/** Timeline samples, thinned where they are: as objects they would not fit. */
function timelineOf({ samples }: Recording, name: string): At[] {
  const column = samples.readings.get(name)
  if (!column) return []
  return thinned(column).map((i) => ({
    cycles: samples.cycles[i] as number,
    ms: samples.ms[i] as number,
    value: column[i] as number,
  }))
}

/** The readings of a run that its verdict rests on, and those in between. */
export function readingsOf(recording: Recording, { name, unit }: Pick<ResourceResult, 'name' | 'unit'>) {
  const command = isCommand(recording.header.plan)
  const all = recording.checkpoints.flatMap(({ cycles, ms, phase, collected, readings }) => {
    const value = readings[name]
    return value == null ? [] : [{ cycles, ms, value, phase, collected }]
  })
  // Memory is judged without its garbage; the readings in between are its timeline.
  const isJudged = ({ collected }: (typeof all)[number]) => unit === 'count' || command || collected
  const judged = all.some(isJudged) ? all.filter(isJudged) : all
  const between = judged.length === all.length ? [] : all.filter((reading) => !isJudged(reading))
  return { judged, between }
}

function floorOf(readings: readonly At[]): At[] {
  const floor = readings.map((reading) => ({ ...reading }))
  for (let i = floor.length - 2; i >= 0; i--) {
    const [here, next] = [floor[i] as At, floor[i + 1] as At]
    here.value = Math.min(here.value, next.value)
  }
  return floor
}

/** The trend and its interval pass through the middle of what they were measured on. */
function trendSeries({ trend }: ResourceResult, floor: readonly At[]): Series[] {
  // What never grew has limits, and no slope to draw them by.
  if (!trend || trend.growthPerCycle === 0 || floor.length < 2) return []
  const mean = (of: (at: At) => number) => floor.reduce((sum, at) => sum + of(at), 0) / floor.length
  const [x, y] = [mean(({ cycles }) => cycles), mean(({ value }) => value)]
  const corners = floor.filter((_, i) => i % Math.ceil(floor.length / CORNERS) === 0 || i === floor.length - 1)
  const along = (slope: number) => corners.map((at) => ({ ...at, value: y + slope * (at.cycles - x) }))
  const [low, high] = [along(trend.low), along(trend.high)]
  const edge = (of: (a: number, b: number) => number) =>
    low.map((at, i) => ({ ...at, value: of(at.value, (high[i] as At).value) }))
  return [
    seriesOf('95 % low', 'low', 'bad', edge(Math.min)),
    seriesOf('95 % high', 'high', 'bad', edge(Math.max)),
    seriesOf('trend', 'line', 'bad', along(trend.growthPerCycle)),
  ]
}

/** In which resource the target's own share of a limit is seen. */
const shownBy = { threads: 'threads', fds: 'fds', memory: 'rss' } as const

/** The limit that was met, or was to be, at its height over this target: others may use a part of it, too. */
function limitLine({ header, crash, limits, checkpoints }: Recording, { name, headroom }: ResourceResult): Series[] {
  const near = [...header.limits.map(({ resource }) => resource), crash?.resource]
  const isNear = near.some((resource) => resource && resource !== 'heap' && shownBy[resource] === name)
  const read = limits.at(-1)
  const first = checkpoints[0]
  const here = checkpoints.findLast(({ cycles, readings }) => cycles <= (read?.cycles ?? 0) && readings[name] != null)
  if (!isNear || !headroom || !first || !here) return []
  const value = (here.readings[name] as number) + headroom.left
  const end = { cycles: crash?.cycles ?? here.cycles, ms: crash?.ms ?? here.ms, value }
  return [seriesOf('limit', 'dashed', 'bad', [{ ...first, value }, end])]
}

/** What a reader looks for on a curve that bends. */
const shown = new Set<EventLine['kind']>([
  'guard',
  'etcd',
  'server-reset',
  'server-restart',
  'target',
  'drain',
  'memory',
  'interrupted',
  'shard',
])
const words: Partial<Record<EventLine['kind'], string>> = {
  'server-reset': 'etcd lost its data',
  'server-restart': 'etcd restarted',
}
const MOST_MARKS = 12
const endings: Partial<Record<string, string>> = {
  'target-died': 'crash',
  crashed: 'crash',
  'etcd-died': 'etcd died',
  'cycle-timeout': 'hung',
}

export function marksOf({ events, faults, end }: Recording): Chart['marks'] {
  // A restart that was a fault has its band.
  const isShown = ({ kind }: EventLine) => shown.has(kind) && !(kind === 'server-restart' && faults.length > 0)
  const happened = events.filter(isShown).slice(0, MOST_MARKS)
  const last = end && endings[end.ending]
  return [
    ...happened.map(({ cycles, ms, kind }) => ({
      x: cycles,
      t: ms / 1000,
      text: words[kind] ?? kind,
    })),
    ...(last ? [{ x: end.cycles, t: end.ms / 1000, text: last }] : []),
  ]
}

/** More of them would be one. */
const MOST_BANDS = 300
const placeOf = ({ cycles, ms }: { cycles: number; ms: number }) => ({ x: cycles, t: ms / 1000 })
const bandOf = ({ from, to }: FaultLine) => ({ from: placeOf(from), to: placeOf(to) })
export const bandsOf = ({ faults }: Recording): Pick<Chart, 'faults'> =>
  faults.length > 0 ? { faults: faults.slice(0, MOST_BANDS).map(bandOf) } : {}

/** @returns null where nothing was read */
export function chartOf(recording: Recording, resource: ResourceResult): Chart | null {
  const { name, unit, budget } = resource
  const { judged, between } = readingsOf(recording, resource)
  const run = judged.filter(({ phase }) => phase === 'run')
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last) return null
  // Memory has no floor that anything rests on.
  const floor = unit === 'bytes' ? run : floorOf(judged).filter((_, i) => judged[i]?.phase === 'run')
  const from = first.cycles + WARM_UP * (last.cycles - first.cycles)
  const rests = judged.filter(({ phase }, i) => phase === 'drain' && judged[i + 1]?.phase !== 'drain')
  const timeline = between.length > 0 ? thin(between) : timelineOf(recording, name)
  const corners = run.filter((_, i) => i % Math.ceil(run.length / CORNERS) === 0 || i === run.length - 1)
  const allowed = corners.map((at) => ({ ...at, value: first.value + (budget ?? 0) * (at.cycles - first.cycles) }))
  const series = [
    seriesOf('timeline', 'faint', 'faint', timeline),
    ...trendSeries(
      resource,
      floor.filter(({ cycles }) => cycles >= from),
    ),
    ...limitLine(recording, resource),
    ...(budget === null ? [] : [seriesOf('budget', 'dashed', 'good', allowed)]),
    ...(unit === 'bytes' ? [] : [seriesOf('floor', 'line', 'ink', thin(floor))]),
    seriesOf('checkpoint', 'points', 'ink', thin(run)),
    seriesOf('at rest', 'large', 'bad', rests),
  ]
  const shadeMs = run.find(({ cycles }) => cycles >= from)?.ms ?? first.ms
  return {
    name,
    unit,
    series: series.filter(({ x }) => x.length > 0),
    shade: { x: from, t: shadeMs / 1000 },
    ...bandsOf(recording),
    marks: marksOf(recording),
    timed: recording.header.plan.cycleUnit === 'minute',
  }
}
