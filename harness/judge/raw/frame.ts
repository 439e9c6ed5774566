/** A series as one noise sees it: whitened, and without what explains nothing of its growth. Pure. */
import type { XY } from '../trend.ts'
import { type Basis, basisOf, dot, leastSquares, type Solution, without } from './least-squares.ts'
import { type Noise, smoothedBy, whitenerOf } from './noise.ts'

export type Frame = {
  noise: Noise
  /** Levels. */
  size: number
  /** The line, the levels and whatever else they may follow, beside the base. */
  x: Float64Array
  y: Float64Array
  transients: readonly Float64Array[]
  /** A step up by one, from the third level to the last but one; whitened, not beside the base. */
  steps: readonly Float64Array[]
  /** Intercept, restarts and season. */
  basis: Basis
  /** Any other column beside the base. */
  beside(column: Float64Array): Float64Array
  /** Columns that are taken for free: the base, with an intercept that a random walk has not. */
  free: number
  /** The levels less what they follow, as this noise sees it beside a line of a slope. */
  unfollowed(slope: number): Float64Array
  logDet: number
  /** Of the intercept alone. */
  logOfIntercept: number
  /** By what averages are smoother than what they are averages of. */
  smoothed: number
}

export type FrameOf = {
  levels: XY
  noise: Noise
  /** How far from one level to the next, and how many readings each is made of. */
  apart: number
  readings: number
  /** Steps where it was started again. */
  base: readonly Float64Array[]
  /** A season, and a load. */
  followed: readonly Float64Array[]
  transients: readonly Float64Array[]
}

/** The first level at which a step may be. */
export const FIRST_STEP = 2
/** A noise whiter than this on top hides no step that a line would be taken for. */
const WHITEST_STEPPED = 3

export function frameOf({ levels, noise, apart, readings, base, followed, transients }: FrameOf): Frame {
  const { x, y } = levels
  const { whiten, logDet, isDiffuse } = whitenerOf(x, noise, apart)
  const intercept = new Float64Array(x.length).fill(1)
  const own = [...(isDiffuse ? [] : [intercept]), ...base, ...followed].map((column) => whiten(column))
  const basis = basisOf(own)
  const beside = (column: Float64Array) => without(basis.directions, whiten(column))
  const stepped = noise.white < WHITEST_STEPPED ? Math.max(0, x.length - 1 - FIRST_STEP) : 0
  return {
    noise,
    size: x.length,
    x: beside(x),
    y: beside(y),
    transients: transients.map(beside),
    steps: Array.from({ length: stepped }, (_, i) => whiten(intercept, i + FIRST_STEP)),
    basis,
    beside,
    free: base.length + followed.length + 1,
    unfollowed(slope) {
      const target = whiten(y.map((value, i) => value - slope * (x[i] as number)))
      const shares = leastSquares(own, target)?.coefficients.slice(own.length - followed.length) ?? []
      return y.map((value, i) =>
        followed.reduce((left, wave, k) => left - (shares[k] ?? 0) * (wave[i] as number), value),
      )
    },
    logDet,
    logOfIntercept: isDiffuse ? 0 : Math.log(dot(own[0] as Float64Array, own[0] as Float64Array)),
    smoothed: smoothedBy(noise, apart, readings),
  }
}

export type Fit = Solution & {
  degrees: number
  /** Standard error of the last coefficient. */
  error: number
  /** −2 log of the restricted likelihood (Harville 1974): compares noises under one shape. */
  reml: number
  /** −2 log of the likelihood with only the intercept integrated out: compares shapes. */
  deviance: number
}

/** Nothing is more certain than this, of the range squared: readings are rounded. */
const LEAST_VARIANCE = 1e-10

/** Columns beside the base, the line last. */
export function fitOf(frame: Frame, columns: readonly Float64Array[], target = frame.y): Fit | null {
  const solution = leastSquares(columns, target)
  if (!solution) return null
  const { size, free, logDet, logOfIntercept, smoothed, basis } = frame
  const degrees = size - free - columns.length
  const sse = solution.sse + LEAST_VARIANCE * size
  return {
    ...solution,
    degrees,
    error: Math.sqrt((sse / degrees) * solution.variance * smoothed),
    reml: degrees * Math.log(sse) + logDet + basis.logDet + solution.logDet,
    deviance: (size - 1) * Math.log(sse / (size - 1)) + logDet + logOfIntercept,
  }
}

export const slopeOf = ({ coefficients }: Fit): number => coefficients.at(-1) as number
/** Of what stands before the line. */
export const amplitudeOf = ({ coefficients }: Fit): number => coefficients.at(-2) as number

/** The noise that fits best. */
export function likeliest<F extends { reml: number }>(fits: readonly (F | null)[]): F | null {
  return fits.reduce((best, fit) => (fit && (!best || fit.reml < best.reml) ? fit : best), null)
}
