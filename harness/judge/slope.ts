/** The slope of a series in noise that may remember, its error, and the limits and the interval that come of them. Pure. */
import { mean, sampleStandardDeviation } from 'simple-statistics'
import { INTERVAL } from './rules.ts'
import type { Stepped } from './steps.ts'
import { tAbove } from './student.ts'
import { inefficiency, type Line, lineThrough, type XY } from './trend.ts'

/** Segments of a series, and how many readings each has at least. */
const SEGMENTS = 5
const LEAST_IN_SEGMENT = 3
/** Below so many degrees of freedom a slope has no error worth the name. */
const LEAST_DEGREES = 3

export type Slope = { slope: number; error: number; degrees: number; line: Line; deviation: number }

/**
 * The slope and its error. Where the noise remembers so long that the whole series is worth fewer than three readings, the
 * steps between stretches are still independent: then the slopes of its segments tell.
 * @param quantum readings are whole multiples of it: their rounding is noise, too
 * @param fitted the line, and the steps beside it, each of which takes two degrees of freedom: its place and its size
 */
export function slopeOf(
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
  const cut = (i: number) => Math.floor((i * x.length) / SEGMENTS)
  return Array.from({ length: cut(1) >= LEAST_IN_SEGMENT ? SEGMENTS : 0 }, (_, i) => {
    const part = [cut(i), cut(i + 1)] as const
    return lineThrough({ x: x.subarray(...part), y: y.subarray(...part) }).slope
  })
}

export const low = ({ slope, error, degrees }: Slope, alpha: number) =>
  degrees < 1 ? -Infinity : slope - tAbove(alpha, degrees) * error
/** The slopes of segments do not see a step between two of them: what all of it rose by is ruled out only with it. */
export const high = ({ slope, error, degrees, line }: Slope, alpha: number) =>
  degrees < 1 ? Infinity : Math.max(slope, line.slope) + tAbove(alpha, degrees) * error

/** The 95 % interval of a slope by its own error: of a leak, which was called by it. */
export function ownInterval({ slope, error, degrees }: Slope): { low: number; high: number } {
  const half = tAbove(INTERVAL, degrees) * error
  return { low: slope - half, high: slope + half }
}

/** The 95 % interval: the wider of the slope's own and of what the slopes of the segments say of each other. */
export function intervalOf(series: XY, trend: Slope): { low: number | null; high: number | null } {
  const slopes = segmentsOf(series)
  const between =
    slopes.length > 0
      ? tAbove(INTERVAL, slopes.length - 1) * (sampleStandardDeviation(slopes) / Math.sqrt(slopes.length))
      : 0
  const own = trend.degrees >= 1 ? tAbove(INTERVAL, trend.degrees) * trend.error : Infinity
  const half = Math.max(own, between)
  return { low: finite(trend.slope - half), high: finite(trend.slope + half) }
}

export const finite = (value: number) => (Number.isFinite(value) ? value : null)
