/** Everything that a series may be: a line, a line and what warms up or cools down, and steps beside these, in every noise. Pure. */
import { amplitudeOf, FIRST_STEP, type Fit, type Frame, fitOf, likeliest } from './frame.ts'
import type { Transient } from './shapes.ts'
import { MOST_STEPS, searchSteps, stepColumns } from './step-search.ts'

export type Step = { at: number; size: number }
/** Of a shape with steps: where it found them, among the steps of its frame and in the series. */
type Found = Fit & { places: readonly number[]; found: readonly Step[] }

export type Explanation = {
  /** Of its transient: 1 rises, −1 falls; 0 has none. */
  sign: -1 | 0 | 1
  steps: number
  transient: Transient | null
  /** Deviance that it has to earn. */
  penalty: number
  /** By the noises, in their order. */
  fits: readonly (Found | null)[]
  /** Its likeliest fit, and that fit's deviance with the penalty; Infinity where its transient has the wrong sign. */
  best: Found | null
  deviance: number
}

/** Deviance that a transient has to earn, and a step: its place and its size (Zhang & Siegmund 2007). */
const RISING = 4
const SLOW = 6
const FALLING = 10
const SLOWLY_FALLING = 12
export const stepPenalty = (levels: number): number => 3 * Math.log(levels)

type Open = Omit<Explanation, 'best' | 'deviance'>

function closed(open: Open): Explanation {
  const best = likeliest(open.fits)
  const isWrong = best !== null && open.sign !== 0 && amplitudeOf(best) > 0 !== open.sign > 0
  return { ...open, best, deviance: best && !isWrong ? best.deviance + open.penalty : Infinity }
}

/** The column of a transient, where there is one. */
export const bendColumns = ({ transients }: Frame, transient: Transient | null | undefined): Float64Array[] =>
  transient ? [transients[transient.place] as Float64Array] : []

/** Without any step. */
const unstepped = (fit: Fit | null): Found | null => fit && { ...fit, places: [], found: [] }

/** What warms up or cools down, beside a line. */
function transientOnes(frames: readonly Frame[], transients: readonly Transient[]): Explanation[] {
  return transients.flatMap((transient) => {
    const fits = frames.map((frame) => unstepped(fitOf(frame, [...bendColumns(frame, transient), frame.x])))
    const of = (sign: 1 | -1, penalty: number) => closed({ sign, steps: 0, transient, penalty, fits })
    return transient.isSlow ? [of(1, SLOW), of(-1, SLOWLY_FALLING)] : [of(1, RISING), of(-1, FALLING)]
  })
}

type SteppedOf = {
  frames: readonly Frame[]
  /** Where the levels lie, and the size below which a step is only the rounding. */
  x: Float64Array
  leastStep: number
  beside: Explanation | null
}

/** Up to three steps beside a line, and beside a transient. */
function steppedOnes({ frames, x, leastStep, beside }: SteppedOf): Explanation[] {
  const bySteps = frames.map((frame) => {
    const others = bendColumns(frame, beside?.transient)
    return searchSteps(frame, [...others, frame.x], frame.y).map((places) => {
      const fit = fitOf(frame, [...stepColumns(frame, places), ...others, frame.x])
      const found = places.map((place, i) => ({ at: x[place + FIRST_STEP] as number, size: fit?.coefficients[i] ?? 0 }))
      return fit && found.every(({ size }) => Math.abs(size) > leastStep) ? { ...fit, places, found } : null
    })
  })
  return Array.from({ length: MOST_STEPS }, (_, k) =>
    closed({
      sign: beside?.sign ?? 0,
      steps: k + 1,
      transient: beside?.transient ?? null,
      penalty: (beside?.penalty ?? 0) + (k + 1) * stepPenalty(x.length),
      fits: bySteps.map((sets) => sets[k] ?? null),
    }),
  )
}

export type Explained = { all: readonly Explanation[]; line: Explanation; likely: Explanation & { best: Found } }

/** The likeliest of several; null where none has the right sign. */
export const leastDeviance = (all: readonly Explanation[]): Explanation | null =>
  all.reduce<Explanation | null>((best, one) => (one.deviance < (best?.deviance ?? Infinity) ? one : best), null)

/** What one of an explanation's fits leaves of the levels, as its frame sees them. */
export function leftBy({ coefficients, places }: Found, transient: Transient | null, frame: Frame): Float64Array {
  const columns = [...stepColumns(frame, places), ...bendColumns(frame, transient), frame.x]
  return frame.y.map((value, at) =>
    columns.reduce((left, column, k) => left - (coefficients[k] as number) * (column[at] as number), value),
  )
}

/** @param leastStep null: a sawtooth, whose every tooth would be two */
export function explain(
  frames: readonly Frame[],
  transients: readonly Transient[],
  x: Float64Array,
  leastStep: number | null,
): Explained | null {
  const fits = frames.map((frame) => unstepped(fitOf(frame, [frame.x])))
  const line = closed({ sign: 0, steps: 0, transient: null, penalty: 0, fits })
  const bent = transientOnes(frames, transients)
  const beside = leastDeviance(bent)
  const stepped =
    leastStep === null
      ? []
      : [null, ...(beside ? [beside] : [])].flatMap((beside) => steppedOnes({ frames, x, leastStep, beside }))
  const all = [line, ...bent, ...stepped]
  const likely = leastDeviance(all)
  return likely?.best ? { all, line, likely: { ...likely, best: likely.best } } : null
}
