/**
 * Growth beside steps: a table that doubles, an array that grows by half, a block that a pool adds. A step *up* takes no
 * certainty away from growth that goes on between the steps:
 *
 *     ╱           the slope is that within the stretches, which all share it; what else the series may be is
 *     │ ╱         as many steps and one more, and nothing between them
 *      ╱
 *
 * Pure.
 */
import { type Line, meanOf, type XY } from './trend.ts'

/** A step is looked for in so many readings each, and so many of them at most. */
const READINGS_EACH = 13
const MOST_STEPS = 3
/** A stretch between two steps has so many readings at least. */
const LEAST_IN_STRETCH = 2
/**
 * Deviance, times ln n, that a step has to take away: its place and its size are both chosen by the data (Zhang & Siegmund 2007,
 * a Bayes information criterion for change-points).
 */
const STEP_COSTS = 3

/** A series in stretches: where each begins, by number of reading. */
type Stretches = readonly number[]

export type Stepped = {
  /** The line that all stretches share; `residuals` are what is left of each. */
  line: Line
  /** The series without its steps. */
  level: XY
  /** How many there are, and what they add up to. */
  steps: number
  stepSum: number
}

/** The common slope within stretches (a regression with a level of its own for each). */
function within({ x, y }: XY, stretches: Stretches): Line & { levels: number[] } {
  const n = x.length
  const dx = new Float64Array(n)
  const dy = new Float64Array(n)
  const means: [number, number][] = []
  for (let s = 0; s < stretches.length; s++) {
    const [from, to] = [stretches[s] as number, stretches[s + 1] ?? n]
    const [mx, my] = [meanOf(x.subarray(from, to)), meanOf(y.subarray(from, to))]
    means.push([mx, my])
    for (let i = from; i < to; i++) {
      dx[i] = (x[i] as number) - mx
      dy[i] = (y[i] as number) - my
    }
  }
  let sxx = 0
  let sxy = 0
  for (let i = 0; i < n; i++) {
    sxx += (dx[i] as number) ** 2
    sxy += (dx[i] as number) * (dy[i] as number)
  }
  const slope = sxx > 0 ? sxy / sxx : 0
  const residuals = dy.map((value, i) => value - slope * (dx[i] as number))
  const sse = residuals.reduce((sum, r) => sum + r * r, 0)
  return { slope, sse, sxx, residuals, levels: means.map(([mx, my]) => my - slope * mx) }
}

type Fit = { stretches: Stretches; line: ReturnType<typeof within> }

/** A line with no steps, and with one more each time that one earns its place, up to as many as its readings bear. */
function fits(series: XY): [Fit, ...Fit[]] {
  const n = series.x.length
  const most = Math.min(MOST_STEPS, Math.floor(n / READINGS_EACH))
  const found: [Fit, ...Fit[]] = [{ stretches: [0], line: within(series, [0]) }]
  for (let last = found[0]; found.length <= most; ) {
    const more = bestCut(series, last.stretches)
    if (!more || costOf(more, n) >= costOf(last, n)) break
    found.push(more)
    last = more
  }
  return found
}

/** Deviance, and what the steps cost: the less, the better a series is explained. */
const costOf = ({ line, stretches }: Fit, n: number): number =>
  n * Math.log(Math.max(line.sse, Number.MIN_VALUE)) + STEP_COSTS * Math.log(n) * (stretches.length - 1)

/** The series with the steps up that earn their place; null where there are none, or one goes down. */
export function withoutSteps(series: XY): Stepped | null {
  const n = series.x.length
  const { stretches, line } = fits(series).at(-1) as Fit
  const sizes = line.levels.slice(1).map((level, i) => level - (line.levels[i] as number))
  if (sizes.length === 0 || sizes.some((size) => size <= 0)) return null
  const [first = 0] = line.levels
  const y = series.y.slice()
  for (const [s, level] of line.levels.entries())
    for (let i = stretches[s] as number; i < (stretches[s + 1] ?? n); i++) y[i] = (y[i] as number) - (level - first)
  const stepSum = sizes.reduce((sum, size) => sum + size, 0)
  return { line, level: { x: series.x, y }, steps: sizes.length, stepSum }
}

/** Whether a curve, with steps of its own, explains a series better than a line with steps. @param curve in place of the cycles */
export function curveIsBetter(series: XY, curve: XY['x']): boolean {
  const n = series.x.length
  const least = (of: XY) => costOf(fits(of).at(-1) as Fit, n)
  return least({ x: curve, y: series.y }) < least(series)
}

/** Sums of squares and products about the mean of any stretch of a series, from sums that are added up once. */
function momentsOf({ x, y }: XY): (from: number, to: number) => { xx: number; xy: number; yy: number } {
  const [mx, my] = [meanOf(x), meanOf(y)]
  const upTo = Array.from({ length: 5 }, () => new Float64Array(x.length + 1))
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [(x[i] as number) - mx, (y[i] as number) - my]
    for (const [k, term] of [a, b, a * a, a * b, b * b].entries()) {
      const sums = upTo[k] as Float64Array
      sums[i + 1] = (sums[i] as number) + term
    }
  }
  return (from, to) => {
    const sum = (k: number) => (upTo[k]?.[to] as number) - (upTo[k]?.[from] as number)
    const [a, b, n] = [sum(0), sum(1), to - from]
    return { xx: sum(2) - (a * a) / n, xy: sum(3) - (a * b) / n, yy: sum(4) - (b * b) / n }
  }
}

/** The cut that leaves least. */
function bestCut(series: XY, stretches: Stretches): Fit | null {
  const n = series.x.length
  const moments = momentsOf(series)
  const parts = stretches.map((from, s) => ({ from, to: stretches[s + 1] ?? n }))
  let best: { cut: number; sse: number } | null = null
  for (const { from, to } of parts) {
    const others = parts.filter((part) => part.from !== from).map((part) => moments(part.from, part.to))
    for (let cut = from + LEAST_IN_STRETCH; cut <= to - LEAST_IN_STRETCH; cut++) {
      const all = [...others, moments(from, cut), moments(cut, to)]
      const sum = (of: 'xx' | 'xy' | 'yy') => all.reduce((total, one) => total + one[of], 0)
      const sse = sum('yy') - sum('xy') ** 2 / sum('xx')
      if (!best || sse < best.sse) best = { cut, sse }
    }
  }
  if (!best) return null
  const cut = [...stretches, best.cut].sort((a, b) => a - b)
  return { stretches: cut, line: within(series, cut) }
}

/**
 * Whether steps alone explain a series better than growth does: one step more than stands beside the growth, or several, each of
 * which has to earn its place.
 */
export function stepsAreBetter(
  { y }: XY,
  { line, steps }: Pick<Stepped, 'steps'> & { line: Pick<Line, 'sse'> },
): boolean {
  const n = y.length
  const growth = n * Math.log(Math.max(line.sse, Number.MIN_VALUE))
  return bestSteps(y, MOST_STEPS + 1).some((sse, i) => {
    const more = i - steps
    return more >= 0 && n * Math.log(Math.max(sse, Number.MIN_VALUE)) + STEP_COSTS * Math.log(n) * more < growth
  })
}

/**
 * What is left when the best step, two steps … at the best moments, are taken out: sums of squares, the first of one step. By
 * dynamic programming over the last step (Bellman 1961), so that nothing that is made of steps alone is taken for growth.
 */
function bestSteps(y: Float64Array, most: number): number[] {
  const n = y.length
  const sums = new Float64Array(n + 1)
  const squares = new Float64Array(n + 1)
  const middle = meanOf(y)
  for (let i = 0; i < n; i++) {
    const value = (y[i] as number) - middle
    sums[i + 1] = (sums[i] as number) + value
    squares[i + 1] = (squares[i] as number) + value * value
  }
  const cost = (from: number, to: number) => {
    const sum = (sums[to] as number) - (sums[from] as number)
    return (squares[to] as number) - (squares[from] as number) - (sum * sum) / (to - from)
  }
  let best = Float64Array.from({ length: n + 1 }, (_, to) => (to === 0 ? 0 : cost(0, to)))
  return Array.from({ length: most }, () => {
    const next = best.slice()
    for (let to = 2; to <= n; to++)
      for (let from = 1; from < to; from++)
        next[to] = Math.min(next[to] as number, (best[from] as number) + cost(from, to))
    best = next
    return Math.max(0, best[n] as number)
  })
}
