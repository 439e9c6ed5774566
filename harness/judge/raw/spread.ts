/** Levels and spreads that a few strangers do not move. Pure. */
import { median, medianAbsoluteDeviation } from 'simple-statistics'

/** Of a normal distribution, a standard deviation in median absolute deviations. */
const PER_MAD = 1.4826

/** A standard deviation, by the median absolute deviation. */
export const spreadOf = (values: ArrayLike<number>): number =>
  values.length === 0 ? 0 : PER_MAD * medianAbsoluteDeviation(Array.from(values))

export const differencesOf = (values: Float64Array): Float64Array =>
  values.subarray(1).map((value, i) => value - (values[i] as number))

/** Spread of the bends of a series, which no trend changes. */
export const bendOf = (values: Float64Array): number => spreadOf(differencesOf(differencesOf(values)))

/** The value that a share of the values lies below, between two of them where it falls between. */
export function quantileOf(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return below + (at - Math.floor(at)) * (above - below)
}

export const medianOf = (values: ArrayLike<number>): number => median(Array.from(values))
