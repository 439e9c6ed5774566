/** What growth looks like: a line, a step or a logarithm. Pure. */
import { type Slope, slopeOf } from './slope.ts'
import { stepsAreBetter } from './steps.ts'
import { tAbove } from './student.ts'
import { lineThrough, type XY } from './trend.ts'

/** Readings of each part that a rate is measured in. */
const LEAST = 8
/** Scales of the logarithms that growth is held against, as shares of the run. */
const LOG_SCALES = [0.003, 0.02, 0.1]
/** A later slope that keeps this much of the earlier one is no logarithm, which keeps half. */
const KEPT_RATE = 0.6
const KEPT_ERROR = 0.02

/** What the growth looks most like. */
export type Growth = 'line' | 'step' | 'settling'

export function shapeOf(series: XY, trend: Slope, at: (share: number) => number): Growth {
  if (stepsAreBetter(series, { ...trend, steps: 0 })) return 'step'
  const likeALogarithm = logarithmsOf(series, at).some((x) => lineThrough({ x, y: series.y }).sse < trend.line.sse)
  return likeALogarithm && !keepsItsRate(series, at) ? 'settling' : 'line'
}

export const logarithmsOf = ({ x }: XY, at: (share: number) => number): Float64Array[] =>
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
