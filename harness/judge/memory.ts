/**
 * The verdict on memory, and on a count that comes and goes too widely to be counted: a trend in noise. Pure;
 * docs/verdicts.md explains the rules.
 */
import { judgeCount } from './count.ts'
import { partsThatGrow } from './doubling.ts'
import { type FloorEvent, floorOf, type Point } from './floor.ts'
import { highEvents } from './limits.ts'
import { EARLY_SHARE, passedCap, type Rules, type SeriesVerdict, unknown, WINDOWS } from './rules.ts'
import { type Growth, logarithmsOf, shapeOf } from './shape.ts'
import { finite, high, intervalOf, low, ownInterval, type Slope, slopeOf } from './slope.ts'
import { curveIsBetter, stepsAreBetter, withoutSteps } from './steps.ts'
import { lineThrough, minimaOf, noiseOf, periodOf, theilSen, type XY } from './trend.ts'

/** The slopes and bursts of one series share its error. */
const SHARE = 1 / 2
/** A burst is counted in this many units of noise. */
const QUANTUM = 10
/** Fewer readings than this say nothing of a trend; fewer than `LEAST_CLEAN` show no calm; fewer than `FEW` only what nobody can miss. */
const LEAST = 8
const LEAST_CLEAN = 18
/** The first tenth of them is dropped. */
export const LEAST_READ = Math.ceil(LEAST_CLEAN / (1 - WINDOWS[0].from))
const FEW = 30
/** So many minima are enough to judge a sawtooth by its floor. */
const LEAST_MINIMA = 15
/** All of it: what holds memory against what it was before does not drop the first tenth. */
const WHOLE = [{ ...WINDOWS[0], from: 0 }]
/** What falls by more than so many objects, or bytes, may hide a leak: one object is a straggler of a young run, and so is what V8 drops. */
const LEAST_FALL = 3
const LEAST_FALL_BYTES = 0.5 * 1024 ** 2
/** Growth over the run, in standard deviations of what is left of it, that needs no confirmation. */
const OVERWHELMING = 15
/** And so many bytes at least: by less V8 moves by itself, and noise that wanders may look straight for a while. */
const LEAST_GROWN = 100_000

const xyOf = (points: readonly Point[]): XY => ({
  x: Float64Array.from(points, (p) => p.cycle),
  y: Float64Array.from(points, (p) => p.value),
})

const from = ({ x, y }: XY, cycle: number): XY => {
  const begin = x.findIndex((at) => at >= cycle)
  return begin < 0
    ? { x: x.subarray(x.length), y: y.subarray(y.length) }
    : { x: x.subarray(begin), y: y.subarray(begin) }
}

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
  const whole = xyOf(run)
  const at = (share: number) => begin + share * (end - begin)
  const raw = from(whole, at(WINDOWS[0].from))
  if (raw.x.length < LEAST || end <= begin) {
    if (passed) return { ...unknown, verdict: 'leaking', ...passed, confirmed: true }
    if (capsAlone && all.length > 1) return { ...unknown, verdict: 'clean', reasonCode: 'within-cap', facts: {} }
    // Readings that lie close together say less than as many that do not.
    const factor = Math.max(LEAST_LONGER - 1, LEAST_READ / Math.max(1, run.length) - 1)
    const more = end > begin ? { moreCycles: Math.ceil(LEAST_LONGER * factor * (end - begin)) } : {}
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'too-short', facts: more }
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
  const doubles = quantum > 0 || rules.early ? null : doublesOn(points, rules)
  if (doubles) return doubles
  // A count was counted before it came here.
  const bursts = quantum > 0 ? null : burstsOf(series, points, rules)
  if (bursts?.verdict === 'leaking') return { ...numbers, ...bursts }

  const steps = quantum > 0 ? [] : stepsOf(series)
  const leastFall = quantum > 0 ? LEAST_FALL : LEAST_FALL_BYTES
  const mayHide = (of: XY, most: number) => -most > allowed && fallsBy(of, most) > leastFall
  const windows = (rules.wholeOnly ? WHOLE : WINDOWS).flatMap(({ from: share, share: spent }) => {
    const window = minimaOf(from(whole, at(share)), period)
    if (raw.x.length < LEAST_CLEAN || window.x.length < LEAST) return []
    const slope = slopeOf(window, quantum)
    const alpha = rules.falseClean * spent
    const most = high(slope, alpha)
    const width = most - slope.slope
    // What falls may hide what grows beside it.
    if (mayHide(window, most)) return []
    // A count that falls may hide a leak as fast: it rules out no more than its noise would have shown.
    const bound = quantum > 0 ? Math.max(most, width) : Math.max(most, againOf(steps, window, alpha))
    return [{ slope, width, bound }]
  })
  const [best] = windows.toSorted((a, b) => a.bound - b.bound)
  const ruledOut = best && Number.isFinite(best.bound) ? { bound: best.bound, numbers: decidedBy(best) } : null
  if (ruledOut && ruledOut.bound <= allowed) {
    const grows = (ruledOut.numbers.low ?? 0) > 0
    const reasonCode = grows ? ('within-budget' as const) : ('flat' as const)
    return { ...ruledOut.numbers, verdict: 'clean', reasonCode, facts: {}, confirmed: null }
  }
  if (raw.x.length >= LEAST_CLEAN && mayHide(series, high(trend, rules.falseClean)))
    return { ...numbers, ruledOut, ...fallen(trend, run, quantum) }
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

/** By how much a series fell, surely: so much at least, over all of it. */
const fallsBy = ({ x }: XY, most: number): number => -most * ((x.at(-1) ?? 0) - (x[0] ?? 0))

/** It has to be seen when it has fallen: a count falls to nothing at most. */
function fallen({ slope }: Slope, run: readonly Point[], quantum: number) {
  const [begin, end] = [run[0]?.cycle ?? 0, run.at(-1)?.cycle ?? 0]
  const more = quantum > 0 ? { moreCycles: Math.ceil((run.at(-1)?.value ?? 0) / -slope + end - begin) } : {}
  return { verdict: 'inconclusive', reasonCode: 'falls', facts: more, confirmed: null } as const
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

/** What takes long to find out, and is not asked for by most series. */
function once<Value>(find: () => Value): () => Value {
  let found: { value: Value } | null = null
  return () => {
    found ??= { value: find() }
    return found.value
  }
}

function leaks(series: XY, trend: Slope, shape: () => Growth, points: readonly Point[], rules: Rules): boolean {
  const alpha = rules.falseAlarm * SHARE * (rules.early ? EARLY_SHARE : 1)
  const span = (series.x.at(-1) ?? 0) - (series.x[0] ?? 0)
  const overwhelming = trend.slope * span >= Math.max(LEAST_GROWN, OVERWHELMING * trend.deviation)
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

/** A leak that shows in nothing but the steps of its storage. It asks for a second run: steps may come so by chance. */
function doublesOn(points: readonly Point[], { budget }: Rules): SeriesVerdict | null {
  const series = xyOf(points)
  const rates = partsThatGrow(series, quantumOf(series))
  if (!rates || Math.min(...rates) <= budget) return null
  return {
    verdict: 'leaking',
    reasonCode: 'grows',
    growthPerCycle: rates[0] as number,
    low: Math.min(...rates),
    high: Math.max(...rates),
    detectable: null,
    facts: {},
    confirmed: false,
  }
}

/** Whether the final drain brought back more than half of what had grown. */
function returned(points: readonly Point[], { slope }: Slope): boolean {
  const run = points.filter(({ drain }) => !drain)
  const [first, last] = [run[0], run.at(-1)]
  const drained = points.slice(points.findLastIndex(({ drain }) => !drain) + 1).map(({ value }) => value)
  if (drained.length === 0 || !first || !last) return false
  const grown = slope * (last.cycle - first.cycle)
  return Math.min(...drained) < last.value - grown / 2
}

/** By how much a signal has to rise for it to be more than its noise. */
const quantumOf = ({ y }: XY): number => QUANTUM * noiseOf(y)

/** Steps up, from one reading to the next, that stand alone: not the first of a warm-up, whose next is nearly as large. In bytes. */
function stepsOf(series: XY): FloorEvent[] {
  const least = quantumOf(series)
  const floor = floorOf([...series.y])
  const rises = floor.map((now, i) => now - (floor[i - 1] ?? now))
  return rises.flatMap((size, i) => {
    const beside = Math.max(rises[i - 1] ?? 0, rises[i + 1] ?? 0)
    return size > least && size > 2 * beside ? [{ cycle: series.x[i] as number, size }] : []
  })
}

/**
 * What a part of the run rules out of steps, by the limits of counts: those in it, and as large ones as came before it, which may have been
 * due after it. Bytes per cycle, at an error of `alpha`.
 */
function againOf(steps: readonly FloorEvent[], { x }: XY, alpha: number): number {
  if (steps.length === 0) return 0
  const [begin, end] = [x[0] ?? 0, x.at(-1) ?? 0]
  const within = steps.filter(({ cycle }) => cycle > begin).length
  const largest = Math.max(...steps.map(({ size }) => size))
  return (largest * highEvents(within, alpha)) / Math.max(1, end - begin)
}

/** Bursts: the count rules on the signal in quanta of ten units of its noise. */
function burstsOf(series: XY, points: readonly Point[], rules: Rules): SeriesVerdict | null {
  const unit = Math.max(quantumOf(series), Number.MIN_VALUE)
  const least = Math.min(...series.y)
  const of = (value: number) => Math.floor((value - least) / unit)
  const drained = points.filter(({ drain }) => drain)
  const counted = [
    ...Array.from(series.x, (cycle, i) => ({
      cycle,
      value: of(series.y[i] as number),
      drain: false,
    })),
    ...drained.map(({ cycle, value }) => ({ cycle, value: of(value), drain: true })),
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

/** The cap that memory has passed; null where none. */
export function overCap(points: readonly Point[], rules: Rules) {
  const run = points.filter(({ drain }) => !drain)
  const end = Math.min(points.at(-1)?.value ?? 0, run.at(-1)?.value ?? 0)
  return passedCap(end - (run[0]?.value ?? 0), points, rules)
}
