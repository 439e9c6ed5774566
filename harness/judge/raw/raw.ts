/**
 * The verdict on a long series that nobody collected or drained: memory, descriptors, anything of a process that ran for minutes to
 * days. One likelihood for everything: the series is a line, one shape and noise, and growth is what no plausible shape and
 * noise explains. Pure; docs/verdicts.md explains the rules.
 */
import type { XY } from '../trend.ts'
import { BLOCKS, type Levels, levelsOf, meansOf, mediansOf, readByRead } from './blocks.ts'
import { type Class, evidenceOf, strengthOf } from './evidence.ts'
import { type Explained, explain, type Step } from './explanations.ts'
import { fallsOf } from './falls.ts'
import { type Frame, frameOf } from './frame.ts'
import { jumps, slopesOf } from './interval.ts'
import { leastSquares } from './least-squares.ts'
import { noisesOf } from './noise.ts'
import { HARMONICS, mayBeDaily, seasonOf } from './seasons.ts'
import { transientsOf, wavesOf } from './shapes.ts'
import { bendOf, differencesOf, medianOf } from './spread.ts'

const LEAST_READINGS = 12
/** Changes from one reading to the next that are larger than so many of them are strangers. */
const USUAL = 0.9
/** Fewer readings than this a block are judged one by one. */
const LEAST_A_BLOCK = 1.5
/** So many sharp falls are a sawtooth; so many show its floor by themselves. */
export const LEAST_TEETH = 4
export const LEAST_TROUGHS = 14
/** The floor is what it is by this share of a tooth after each fall, and it is taken where it moves less than half as much. */
const TROUGH_WITHIN = 0.25
const CLEARER = 0.5
/** A part between two starts has so many levels at least. */
const LEAST_IN_PART = 3
const DAY_MS = 86_400_000
/** Rounding that changes the levels by this share of it has nothing that evens it out, and makes steps of its own size. */
const BARE_ROUNDING = 0.2
const STEP_IN_ROUNDINGS = 3
/** A series of about a day is judged with a wave and without; the wave has to earn so much, and so close they both count. */
const DAILY_WAVE = 12
const CLOSE = 8

export type RawOptions = {
  /** When what is read was started, in units of x; null: nobody told. */
  starts: readonly number[] | null
  /** What one of x takes, ms; null where x is no time, and has no days. */
  msPerUnit: number | null
  /** What it had to do, at each reading: it may follow that. */
  load?: Float64Array
  /** How often it is looked at, this time included: each look is paid for. */
  looks?: number
}

export type Grown = {
  kind: 'grown'
  /** Growth per unit of x, and its 95 % interval. */
  growth: number
  low: number
  high: number
  /** Those of what fits best. */
  steps: readonly Step[]
  /** How often it fell sharply, and how often as if it had been started again; and whether somebody told when it was. */
  falls: number
  startsFound: number
  isTold: boolean
  /** Deviance of what fits best. */
  deviance: number
  span: number
  /** How long the likeliest noise remembers, as a share of the series. */
  memory: number
  /** How much speaks for growth above a budget: from 1 on it leaks. */
  strength: (budget: number) => { strength: number; weakest: Class }
}
export type RawTrend = Grown | { kind: 'short' } | { kind: 'constant' }

/** The least step from one value to another; Infinity where all are one. */
function roundingOf(values: Float64Array): number {
  const steps = differencesOf(values.toSorted()).filter((step) => step > 0)
  return steps.reduce((least, step) => Math.min(least, step), Infinity)
}

/** What a rounding may hide of growth over all of the series: less, the more noise evens it out (Widrow & Kollár: the first harmonic of a quantiser). */
function hiddenBy(rounding: number, values: Float64Array): number {
  if (!Number.isFinite(rounding)) return 0
  // A warm-up that was all that ever moved evens nothing out.
  const squares = differencesOf(values).map((change) => change ** 2)
  const usual = squares.sort().subarray(0, Math.ceil(USUAL * squares.length))
  const variance = usual.reduce((sum, square) => sum + square, 0) / (2 * usual.length)
  return rounding * Math.exp((-2 * Math.PI ** 2 * variance) / rounding ** 2)
}

/** The least reading after each fall. */
function troughsOf(series: XY, falls: readonly number[]): Levels {
  const { x, y } = series
  const places = falls.map((fall, k) => {
    const next = Math.min(falls[k + 1] ?? x.length, x.length)
    const until = Math.min(next, fall + Math.max(3, TROUGH_WITHIN * (next - fall)))
    let least = fall
    for (let i = fall; i < until; i++) if ((y[i] as number) < (y[least] as number)) least = i
    return least
  })
  return readByRead(series, places)
}

/** Steps where it was started again, each with enough levels before and after it. */
function restartColumns(x: Float64Array, starts: readonly number[]): Float64Array[] {
  let before = 0
  return starts.flatMap((start) => {
    const first = x.findIndex((at) => at >= start)
    if (first - before < LEAST_IN_PART || x.length - first < LEAST_IN_PART) return []
    before = first
    return [x.map((at) => (at >= start ? 1 : 0))]
  })
}

/** The load, and what it was a level before: memory follows a little later. */
function loadColumns(load: Float64Array | undefined, levels: Levels): Float64Array[] {
  if (!load) return []
  const now = meansOf(load, levels)
  return [now, now.map((value, i) => now[i - 1] ?? value)]
}

/** A series less what, about, it follows its load by: what comes and goes with that is neither a fall nor a spike. */
function lessLoad({ x, y }: XY, load: Float64Array | undefined): XY {
  const share = load && leastSquares([x.map(() => 1), x, load], y)?.coefficients[2]
  return share ? { x, y: y.map((value, i) => value - share * (load[i] as number)) } : { x, y }
}

type Prepared = {
  levels: Levels
  load: readonly Float64Array[]
  apart: number
  starts: readonly number[]
  falls: number
  isSawtooth: boolean
  /** What rounding hides, and the least step that is none, in shares of the range. */
  hidden: number
  leastStep: number
  /** Range of the levels. */
  unit: number
  span: number
  days: number
}

function prepared(readings: XY, { starts: told, msPerUnit, load }: RawOptions): Prepared | RawTrend {
  const [begin, end] = [readings.x[0] ?? 0, readings.x.at(-1) ?? 0]
  const span = end - begin
  if (readings.x.length < LEAST_READINGS || !(span > 0)) return { kind: 'short' }
  const series = lessLoad({ x: readings.x.map((at) => (at - begin) / span), y: readings.y }, load)
  const isThin = series.x.length < LEAST_A_BLOCK * BLOCKS
  const plain = isThin ? readByRead(series) : mediansOf(series)
  const falls = fallsOf(plain, series)
  const isSawtooth = falls.at.length >= LEAST_TEETH
  const starts = told ? told.map((at) => (at - begin) / span) : isSawtooth ? [] : falls.deep
  const rounding = roundingOf(readings.y)
  const found = isThin ? plain : levelsOf(series, Number.isFinite(rounding) ? rounding : 0, starts, isSawtooth)
  const troughs = falls.at.length >= LEAST_TROUGHS ? troughsOf(series, falls.at) : null
  const raw = troughs && bendOf(troughs.y) < CLEARER * bendOf(found.y) ? troughs : found
  if (raw.x.length < LEAST_READINGS) return { kind: 'short' }
  const unit = raw.y.reduce((a, b) => Math.max(a, b), -Infinity) - raw.y.reduce((a, b) => Math.min(a, b), Infinity)
  if (unit === 0) return { kind: 'constant' }
  const middle = medianOf(raw.y)
  const hidden = hiddenBy(rounding, readings.y)
  return {
    levels: { ...raw, y: raw.y.map((value) => (value - middle) / unit) },
    load: loadColumns(load, raw),
    apart: ((raw.x.at(-1) ?? 0) - (raw.x[0] ?? 0)) / (raw.x.length - 1),
    starts,
    falls: falls.at.length,
    isSawtooth,
    hidden: hidden / unit,
    leastStep: hidden > BARE_ROUNDING * rounding ? (STEP_IN_ROUNDINGS * rounding) / unit : 0,
    unit,
    span,
    // Who tells the load has told what a day brings.
    days: load ? 0 : (span * (msPerUnit ?? 0)) / DAY_MS,
  }
}

const framesOf = (
  { levels, apart, starts }: Prepared,
  followed: readonly Float64Array[],
  transients: readonly Float64Array[],
): Frame[] => {
  const base = restartColumns(levels.x, starts)
  const { readings } = levels
  return noisesOf(apart).map((noise) => frameOf({ levels, noise, apart, readings, base, followed, transients }))
}

/** @param times how often the wave of a season comes; null: it has none */
function trendWith(
  of: Prepared,
  { starts: told, looks = 1 }: RawOptions,
  times: number | null,
): Grown | { kind: 'short' } {
  const { levels, apart, starts, isSawtooth, leastStep, unit, span, days, hidden } = of
  const { x, readings } = levels
  const isTold = told !== null
  const transients = transientsOf(x, starts)
  const followed = [...of.load, ...(times === null ? [] : wavesOf(x, times, HARMONICS))]
  const columns = transients.map(({ column }) => column)
  const frames = framesOf(of, followed, columns)
  const explained: Explained | null = explain(frames, transients, x, isSawtooth ? null : leastStep)
  if (!explained) return { kind: 'short' }
  const isJumpy = jumps(explained, frames, levels)
  const { slope, low, high } = slopesOf(explained, frames, isJumpy)
  const { best, deviance } = explained.likely
  const perUnit = unit / span
  const hasStarts = restartColumns(x, starts).length > 0
  const grounds = { levels, readings, frames, explained, days: times === null ? days : 0, hasStarts, apart }
  return {
    kind: 'grown',
    growth: slope * perUnit,
    low: (low - hidden) * perUnit,
    high: (high + hidden) * perUnit,
    steps: best.found.map(({ at, size }) => ({ at, size: size * unit })),
    falls: of.falls,
    startsFound: isTold || isSawtooth ? 0 : starts.length,
    isTold,
    deviance,
    span,
    memory: frames[explained.likely.fits.indexOf(best)]?.noise.memory ?? 0,
    strength: (budget) => strengthOf(evidenceOf(budget / perUnit, grounds), looks),
  }
}

/** @param readings ascending in x, each a number */
export function rawTrend(readings: XY, options: RawOptions): RawTrend {
  const ready = prepared(readings, options)
  if ('kind' in ready) return ready
  const { levels, days, isSawtooth, starts } = ready
  const bare = framesOf(ready, ready.load, [])
  const plain = trendWith(ready, options, seasonOf(bare, levels, days))
  if (plain.kind === 'short' || isSawtooth || starts.length > 0 || !mayBeDaily(bare, levels, days)) return plain
  const waved = trendWith(ready, options, days)
  if (waved.kind === 'short') return plain
  const ahead = plain.deviance - waved.deviance - DAILY_WAVE
  if (Math.abs(ahead) >= CLOSE) return ahead > 0 ? waved : plain
  const better = ahead > 0 ? waved : plain
  return { ...better, low: Math.min(plain.low, waved.low), high: Math.max(plain.high, waved.high) }
}
