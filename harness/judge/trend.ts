/**
 * The numbers behind a verdict on a noisy series: a line and its error in noise that remembers, and what else but a
 * line the growth might be. Pure.
 */
import { median } from 'simple-statistics'

export type XY = { readonly x: Float64Array; readonly y: Float64Array }

export type Line = { slope: number; sse: number; residuals: Float64Array; sxx: number }

export const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Least squares. */
export function lineThrough({ x, y }: XY): Line {
  const [mx, my] = [meanOf(x), meanOf(y)]
  let sxx = 0
  let sxy = 0
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] as number) - mx
    sxx += dx * dx
    sxy += dx * ((y[i] as number) - my)
  }
  const slope = sxx > 0 ? sxy / sxx : 0
  const residuals = y.map((value, i) => value - my - slope * ((x[i] as number) - mx))
  return { slope, sse: residuals.reduce((sum, r) => sum + r * r, 0), residuals, sxx }
}

function autocovariances(residuals: Float64Array, upTo: number): Float64Array {
  const n = residuals.length
  return Float64Array.from({ length: Math.min(n, upTo + 1) }, (_, lag) => {
    let sum = 0
    for (let i = lag; i < n; i++) sum += (residuals[i] as number) * (residuals[i - lag] as number)
    return sum / n
  })
}

const LONGEST_MEMORY = 0.99

/**
 * Statistical inefficiency τ: how many readings of this noise say as much as one of noise without memory. The larger of
 * an AR(1) estimate, corrected for the bias that fitting a line brings (Marriott & Pope 1954: E[ρ̂] ≈ ρ − (2 + 4ρ)/n),
 * and Geyer's initial positive sequence (1992).
 */
export function inefficiency(residuals: Float64Array): number {
  const n = residuals.length
  const gamma = autocovariances(residuals, Math.floor(n / 2))
  const variance = gamma[0] ?? 0
  if (variance <= 0 || n < 6) return 1
  const seen = (gamma[1] as number) / variance
  const rho = Math.min(LONGEST_MEMORY, Math.max(0, (n * seen + 2) / (n - 4)))
  const corrected = seen > -2 / n ? rho : 0
  let pairs = 0
  let smallest = Infinity
  for (let lag = 0; lag + 1 < gamma.length; lag += 2) {
    const pair = (gamma[lag] as number) + (gamma[lag + 1] as number)
    if (pair <= 0) break
    smallest = Math.min(smallest, pair)
    pairs += smallest
  }
  return Math.max(1, (1 + corrected) / (1 - corrected), (2 * pairs) / variance - 1)
}

/** An autocorrelation this high, after it was negative, is a period. */
const PERIODIC = 0.4

/** The period of a sawtooth in readings, or 1 where there is none. */
export function periodOf(residuals: Float64Array): number {
  const n = residuals.length
  const gamma = autocovariances(residuals, Math.floor(n / 4))
  const variance = gamma[0] ?? 0
  if (variance <= 0) return 1
  const r = (lag: number) => (gamma[lag] as number) / variance
  let dipped = false
  for (let lag = 1; lag + 1 < gamma.length; lag++) {
    dipped ||= r(lag) < 0
    if (dipped && r(lag) > PERIODIC && r(lag) >= r(lag - 1) && r(lag) >= r(lag + 1)) return lag
  }
  return 1
}

/** One minimum per period: the floor of a sawtooth. Blocks count from the end, which says most. */
export function minimaOf({ x, y }: XY, period: number): XY {
  if (period < 2) return { x, y }
  const kept: number[] = []
  for (let end = y.length; end - period >= 0; end -= period) {
    let least = end - period
    for (let i = least; i < end; i++) if ((y[i] as number) < (y[least] as number)) least = i
    kept.unshift(least)
  }
  return { x: Float64Array.from(kept, (i) => x[i] as number), y: Float64Array.from(kept, (i) => y[i] as number) }
}

/** Pairs grow with the square of the readings: of more than so many, every so-manieth will do. */
const MOST_PAIRED = 400

/** The median of all slopes between two readings (Theil 1950, Sen 1968). */
export function theilSen(series: XY): number {
  const every = Math.ceil(series.x.length / MOST_PAIRED)
  const [x, y] = [series.x, series.y].map((values) => values.filter((_, i) => i % every === 0)) as [XY['x'], XY['y']]
  const n = x.length
  const slopes = new Float64Array((n * (n - 1)) / 2)
  let count = 0
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      const dx = (x[j] as number) - (x[i] as number)
      if (dx > 0) slopes[count++] = ((y[j] as number) - (y[i] as number)) / dx
    }
  const sorted = slopes.subarray(0, count).sort()
  return count === 0 ? 0 : (sorted[count >> 1] as number)
}

/** Noise from one reading to the next, robustly: the median absolute difference, as a standard deviation. */
export function noiseOf(y: Float64Array): number {
  const differences = Array.from({ length: Math.max(0, y.length - 1) }, (_, i) =>
    Math.abs((y[i + 1] as number) - (y[i] as number)),
  )
  return differences.length === 0 ? 0 : median(differences) / 0.6745 / Math.SQRT2
}
