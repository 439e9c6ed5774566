/**
 * The verdict on memory, and on a count that comes and goes too widely to be counted: a trend in noise. Pure;
 * docs/verdicts.md explains the rules.
 */
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { judgeCount } from './count.ts'
import type { Point } from './floor.ts'
import { EARLY_SHARE, INTERVAL, passedCap, type Rules, type SeriesVerdict, unknown, WINDOWS } from './rules.ts'
import { curveIsBetter, type Stepped, stepsAreBetter, withoutSteps } from './steps.ts'
import { tAbove } from './student.ts'
import { inefficiency, type Line, lineThrough, minimaOf, noiseOf, periodOf, theilSen, type XY } from './trend.ts'

/** The slopes and bursts of one series share its error. */
const SHARE = 1 / 2
/** A burst is counted in this many units of noise. */
const QUANTUM = 10
/** Fewer readings than this say nothing of a trend; fewer than `LEAST_CLEAN` show no calm; fewer than `FEW` only what nobody can miss. */
const LEAST = 8
export const LEAST_CLEAN = 18
const FEW = 30
/** So many minima are enough to judge a sawtooth by its floor. */
const LEAST_MINIMA = 15
/** Segments of a series, and how many readings each has at least. */
const SEGMENTS = 5
const LEAST_IN_SEGMENT = 3
/** Below so many degrees of freedom a slope has no error worth the name. */
const LEAST_DEGREES = 3
/** Growth over the run, in standard deviations of what is left of it, that needs no confirmation. */
const OVERWHELMING = 15
/** Scales of the logarithms that growth is held against, as shares of the run. */
const LOG_SCALES = [0.003, 0.02, 0.1]
/** A later slope that keeps this much of the earlier one is no logarithm, which keeps half. */
const KEPT_RATE = 0.6
const KEPT_ERROR = 0.02

type Slope = { slope: number; error: number; degrees: number; line: Line; deviation: number }

const from = ({ x, y }: XY, cycle: number): XY => {
  const begin = x.findIndex((at) => at >= cycle)
  return begin < 0
    ? { x: x.subarray(x.length), y: y.subarray(y.length) }
    : { x: x.subarray(begin), y: y.subarray(begin) }
}

/**
 * The slope and its error. Where the noise remembers so long that the whole series is worth fewer than three readings, the
 * steps between stretches are still independent: then the slopes of its segments tell.
 * @param quantum readings are whole multiples of it: their rounding is noise, too
 * @param fitted the line, and the steps beside it, each of which takes two degrees of freedom: its place and its size
 */
function slopeOf(
  series: XY,
  quantum: number,
  { line, steps }: Pick<Stepped, 'line' | 'steps'> = lineOf(series),
): Slope {
  const n = series.x.length
  const tau = inefficiency(line.residuals)
  const variance = line.sse / Math.max(1, n - 2 - 2 * steps) + (quantum * quantum) / 12
  const deviation = Math.sqrt(variance)
  const degrees = n / tau - 2 - 2 * steps
  const slopes = steps > 0 ? [] : segmentsOf(series)
  if (degrees < LEAST_DEGREES && slopes.length > 0) {
    const error = sampleStandardDeviation(slopes) / Math.sqrt(slopes.length)
    return { slope: mean(slopes), error, degrees: slopes.length - 1, line, deviation }
  }
  // Of noise that remembers, its memory is an estimate as well: the less is left of it, the less is known of the error.
  const error = line.sxx > 0 ? Math.sqrt((variance / line.sxx) * tau) * (1 + 1 / degrees) : Infinity
  return { slope: line.slope, error, degrees, line, deviation }
}

const lineOf = (series: XY) => ({ line: lineThrough(series), steps: 0 })

/** The slopes of the segments of a series, where it is long enough to have them. */
function segmentsOf({ x, y }: XY): number[] {
  const size = Math.floor(x.length / SEGMENTS)
  return Array.from({ length: size >= LEAST_IN_SEGMENT ? SEGMENTS : 0 }, (_, i) => {
    const part = [i * size, (i + 1) * size] as const
    return lineThrough({ x: x.subarray(...part), y: y.subarray(...part) }).slope
  })
}

const low = ({ slope, error, degrees }: Slope, alpha: number) =>
  degrees < 1 ? -Infinity : slope - tAbove(alpha, degrees) * error
/** The slopes of segments do not see a step between two of them: what all of it rose by is ruled out only with it. */
const high = ({ slope, error, degrees, line }: Slope, alpha: number) =>
  degrees < 1 ? Infinity : Math.max(slope, line.slope) + tAbove(alpha, degrees) * error

/**
 * Judges a series by its trend.
 * @param how quantum: readings are whole multiples of it; all: every reading there is, for the caps, where only some are judged
 */
export function judgeMemory(
  points: readonly Point[],
  rules: Rules,
  { quantum = 0, all = points }: { quantum?: number; all?: readonly Point[] } = {},
): SeriesVerdict {
  const capsAlone = rules.budget === Infinity && (rules.total !== null || rules.peak !== null)
  const run = points.filter(({ drain }) => !drain)
  const [begin, end] = [run[0]?.cycle ?? 0, run.at(-1)?.cycle ?? 0]
  const passed = overCap(all, rules)
  const whole: XY = { x: Float64Array.from(run, (p) => p.cycle), y: Float64Array.from(run, (p) => p.value) }
  const at = (share: number) => begin + share * (end - begin)
  const raw = from(whole, at(WINDOWS[0].from))
  if (raw.x.length < LEAST || end <= begin) {
    if (passed) return { ...unknown, verdict: 'leaking', ...passed, confirmed: true }
    if (capsAlone && all.length > 1) return { ...unknown, verdict: 'clean', reasonCode: 'within-cap', facts: {} }
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'too-short', facts: {} }
  }
  const found = periodOf(lineThrough(raw).residuals)
  // A sawtooth too long to leave enough of its minima is noise that remembers.
  const period = raw.x.length / found >= LEAST_MINIMA ? found : 1
  const series = minimaOf(raw, period)
  const trend = slopeOf(series, quantum)
  const allowed = quantum > 0 ? Math.max(rules.budget, rules.resolution) : rules.budget
  const width = high(trend, rules.falseClean * WINDOWS[0].share) - trend.slope
  const numbers = {
    growthPerCycle: trend.slope,
    ...intervalOf(series, trend),
    detectable: finite(width),
  }
  if (passed) return { ...numbers, verdict: 'leaking', ...passed, confirmed: true }

  if (capsAlone) return { ...numbers, verdict: 'clean', reasonCode: 'within-cap', confirmed: null, facts: {} }

  const shape = once(() => shapeOf(series, trend, at))
  const leak = (early: boolean) => leaks(series, trend, shape, points, { ...rules, early })
  if (leak(rules.early))
    return {
      ...numbers,
      ...ownInterval(trend),
      verdict: 'leaking',
      reasonCode: 'grows',
      facts: {},
      confirmed: leak(true),
    }
  const beside = quantum > 0 ? null : growsBesideSteps(series, at, points, rules)
  if (beside) return beside
  // A count was counted before it came here.
  const bursts = quantum > 0 ? null : burstsOf(series, points, rules)
  if (bursts?.verdict === 'leaking') return { ...numbers, ...bursts }

  const windows = (rules.wholeOnly ? WINDOWS.slice(0, 1) : WINDOWS).flatMap(({ from: share, share: spent }) => {
    const window = minimaOf(from(whole, at(share)), period)
    if (raw.x.length < LEAST_CLEAN || window.x.length < LEAST) return []
    const slope = slopeOf(window, quantum)
    const most = high(slope, rules.falseClean * spent)
    const width = most - slope.slope
    // A count that falls may hide a leak as fast: it rules out no more than its noise would have shown.
    return [{ slope, width, bound: quantum > 0 ? Math.max(most, width) : most }]
  })
  const [least] = windows.toSorted((a, b) => a.bound - b.bound)
  const ruledOut = least && Number.isFinite(least.bound) ? { bound: least.bound, numbers: decidedBy(least) } : null
  if (ruledOut && ruledOut.bound <= allowed) {
    const grows = (ruledOut.numbers.low ?? 0) > 0
    const reasonCode = grows ? ('within-budget' as const) : ('flat' as const)
    return { ...ruledOut.numbers, verdict: 'clean', reasonCode, facts: {}, confirmed: null }
  }
  const reasonCode = undecided(trend, shape, raw.x.length, allowed)
  // The error of a slope shrinks with the length to the power of 3/2. What it gives back now it may not then.
  const gap = Math.abs(Math.max(0, trend.slope) - allowed)
  const wanted = (MARGIN * width) / Math.max(gap, Number.MIN_VALUE)
  const factor = Math.max(LEAST_LONGER, wanted ** (2 / 3))
  const more = factor <= MOST_LONGER ? Math.ceil((end - begin) * (factor - 1)) : null
  return {
    ...numbers,
    ruledOut,
    verdict: 'inconclusive',
    reasonCode,
    facts: { ...(more === null ? {} : { moreCycles: more }) },
    confirmed: null,
  }
}

/** The 95 % interval of a slope by its own error: of a leak, which was called by it. */
function ownInterval({ slope, error, degrees }: Slope): { low: number; high: number } {
  const half = tAbove(INTERVAL, degrees) * error
  return { low: slope - half, high: slope + half }
}

/** The numbers of the window that is clean: what is shown is what decided. */
function decidedBy({ slope: trend, width, bound }: { slope: Slope; width: number; bound: number }) {
  const { low, high } = ownInterval(trend)
  return {
    growthPerCycle: trend.slope,
    low,
    high: Math.max(trend.slope, Math.min(bound, high)),
    detectable: width,
  }
}

/** Why neither is certain. */
function undecided({ slope, error }: Slope, shape: () => Growth, readings: number, allowed: number) {
  if (readings < LEAST_CLEAN) return 'too-short' as const
  if (slope - error <= allowed || shape() === 'line') return 'too-noisy' as const
  return shape() === 'step' ? ('one-step' as const) : ('settling' as const)
}

/** A remedy longer than this is none. */
const MOST_LONGER = 50
const LEAST_LONGER = 1.3
/** The slope itself moves by about as much as its error. */
const MARGIN = 1.8

/** The 95 % interval: the wider of the slope's own and of what the slopes of the segments say of each other. */
function intervalOf(series: XY, trend: Slope): { low: number | null; high: number | null } {
  const slopes = segmentsOf(series)
  const between =
    slopes.length > 0
      ? tAbove(INTERVAL, slopes.length - 1) * (sampleStandardDeviation(slopes) / Math.sqrt(slopes.length))
      : 0
  const own = trend.degrees >= 1 ? tAbove(INTERVAL, trend.degrees) * trend.error : Infinity
  const half = Math.max(own, between)
  return { low: finite(trend.slope - half), high: finite(trend.slope + half) }
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

/** What takes long to find out, and is not asked for by most series. */
function once<Value>(find: () => Value): () => Value {
  let found: { value: Value } | null = null
  return () => {
    found ??= { value: find() }
    return found.value
  }
}

/** What the growth looks most like. */
type Growth = 'line' | 'step' | 'settling'

function shapeOf(series: XY, trend: Slope, at: (share: number) => number): Growth {
  if (stepsAreBetter(series, { ...trend, steps: 0 })) return 'step'
  const likeALogarithm = logarithmsOf(series, at).some((x) => lineThrough({ x, y: series.y }).sse < trend.line.sse)
  return likeALogarithm && !keepsItsRate(series, at) ? 'settling' : 'line'
}

const logarithmsOf = ({ x }: XY, at: (share: number) => number): Float64Array[] =>
  LOG_SCALES.map((scale) => x.map((cycle) => Math.log(1 + (cycle - at(0)) / (scale * (at(1) - at(0))))))

/** Whether (50, 100 %] of the run is proven to keep more of the slope of (25, 50 %] than a logarithm does. */
function keepsItsRate({ x, y }: XY, at: (share: number) => number): boolean {
  const [quarter, half] = [x.findIndex((cycle) => cycle > at(0.25)), x.findIndex((cycle) => cycle > at(0.5))]
  if (half - quarter < LEAST || x.length - half < LEAST) return false
  const earlier = slopeOf({ x: x.subarray(quarter, half), y: y.subarray(quarter, half) }, 0)
  const later = slopeOf({ x: x.subarray(half), y: y.subarray(half) }, 0)
  const error = Math.hypot(later.error, KEPT_RATE * earlier.error)
  const degrees = Math.min(later.degrees, earlier.degrees)
  return degrees >= 1 && later.slope - KEPT_RATE * earlier.slope > tAbove(KEPT_ERROR, degrees) * error
}

function leaks(series: XY, trend: Slope, shape: () => Growth, points: readonly Point[], rules: Rules): boolean {
  const alpha = rules.falseAlarm * SHARE * (rules.early ? EARLY_SHARE : 1)
  const span = (series.x.at(-1) ?? 0) - (series.x[0] ?? 0)
  const overwhelming = trend.slope * span >= OVERWHELMING * trend.deviation
  if ((rules.early || series.x.length < FEW) && !overwhelming) return false
  if (low(trend, alpha) <= rules.budget || shape() !== 'line') return false
  return !returned(points, trend) && theilSen(series) > rules.budget
}

/** A leak that steps up hide: the slope between them, held against all that a slope is held against. */
function growsBesideSteps(
  series: XY,
  at: (share: number) => number,
  points: readonly Point[],
  rules: Rules,
): SeriesVerdict | null {
  const stepped = withoutSteps(series)
  if (!stepped) return null
  const trend = slopeOf(series, 0, stepped)
  const { level, steps, stepSum } = stepped
  if (low(trend, rules.falseAlarm * SHARE) <= rules.budget) return null
  if (stepsAreBetter(series, stepped)) return null
  if (logarithmsOf(series, at).some((curve) => curveIsBetter(series, curve))) return null
  // What is left of a step at a reading or two of its edge is no shape of its own.
  const shape = once(() => shapeOf(level, { ...trend, line: lineThrough(level) }, at))
  const leak = (early: boolean) => leaks(level, trend, shape, points, { ...rules, early })
  if (!leak(rules.early)) return null
  return {
    verdict: 'leaking',
    reasonCode: 'grows',
    growthPerCycle: trend.slope,
    ...ownInterval(trend),
    detectable: null,
    facts: { steps, stepSum },
    confirmed: leak(true),
  }
}

/** Whether the final drain brought back more than half of what had grown. */
function returned(points: readonly Point[], { slope }: Slope): boolean {
  const drained = points.filter(({ drain }) => drain).map(({ value }) => value)
  const run = points.filter(({ drain }) => !drain)
  const [first, last] = [run[0], run.at(-1)]
  if (drained.length === 0 || !first || !last) return false
  const grown = slope * (last.cycle - first.cycle)
  return Math.min(...drained) < last.value - grown / 2
}

/** Bursts: the count rules on the signal in quanta of its own noise. */
function burstsOf(series: XY, points: readonly Point[], rules: Rules): SeriesVerdict | null {
  const unit = Math.max(QUANTUM * noiseOf(series.y), Number.MIN_VALUE)
  const least = Math.min(...series.y)
  const drained = points.filter(({ drain }) => drain)
  const counted = [
    ...Array.from(series.x, (cycle, i) => ({
      cycle,
      value: Math.floor(((series.y[i] as number) - least) / unit),
      drain: false,
    })),
    ...drained.map(({ cycle, value }) => ({ cycle, value: Math.floor((value - least) / unit), drain: true })),
  ]
  if (!counted.every(({ value }) => Number.isSafeInteger(value))) return null
  const found = judgeCount(counted, {
    ...rules,
    budget: rules.budget / unit,
    resolution: rules.budget / unit,
    falseAlarm: rules.falseAlarm * SHARE,
    total: null,
    peak: null,
  })
  return found.verdict === 'leaking'
    ? {
        ...found,
        growthPerCycle: (found.growthPerCycle ?? 0) * unit,
        low: (found.low ?? 0) * unit,
        high: (found.high ?? 0) * unit,
        detectable: null,
        facts: {},
      }
    : null
}

function overCap(points: readonly Point[], rules: Rules) {
  const run = points.filter(({ drain }) => !drain)
  const end = Math.min(points.at(-1)?.value ?? 0, run.at(-1)?.value ?? 0)
  return passedCap(end - (run[0]?.value ?? 0), points, rules)
}
