/**
 * How much speaks for growth above a budget, within each class of innocent explanations: growth above it has to fit better than
 * growth of at most as much, where both have the same steps, warm-ups and noises to choose from. Pure.
 */
import type { XY } from '../trend.ts'
import { bendColumns, type Explained, type Explanation, stepPenalty } from './explanations.ts'
import { amplitudeOf, type Fit, type Frame, fitOf, frameOf, likeliest, slopeOf } from './frame.ts'
import { isBoundedAbove, zeroOf } from './interval.ts'
import { LEAST_OF_DAY } from './seasons.ts'
import { wavesOf } from './shapes.ts'
import { MOST_STEPS, searchSteps, stepColumns } from './step-search.ts'

/** What each class asks for, in deviance. One-sided 0.1 % of one alone is 9.55; together they ask for less, and steps, which are searched for, for more. */
const NEEDS = {
  line: 8.5,
  'warm-up': 5,
  'short warm-up': 7.5,
  'second half': 6.5,
  'one step': 13.5,
  'two steps': 13,
  'three steps': 12.5,
  'one step and a warm-up': 11.5,
  'two steps and a warm-up': 11,
  'three steps and a warm-up': 10,
  day: 7,
} as const
export type Class = keyof typeof NEEDS
export type Evidence = Partial<Record<Class, number>>

/** A warm-up that lasts beyond the first fifth is tried with noise of at most this memory alone, or it explains everything. */
const SHORT_MEMORY = 0.15
/** A set of steps that is further than this from what fits best is no objection. */
const FAR_FROM_BEST = 12
/** Deviance that the wave of a day has to earn. */
const DAY = 4
const LEAST_IN_HALF = 12

export type EvidenceOf = {
  levels: XY
  readings: number
  frames: readonly Frame[]
  explained: Explained
  /** Days that the series lasts; 0 where it has no days, or a season that was found. */
  days: number
  hasStarts: boolean
  apart: number
}

/** Of these, growth above the budget against growth of at most as much. */
function profiled(list: readonly Explanation[], budget: number, { frames, explained }: EvidenceOf, isShort = false) {
  let [held, free] = [Infinity, Infinity]
  for (const explanation of list) {
    const { best, sign, transient } = explanation
    if (!best) continue
    for (const [i, fit] of explanation.fits.entries()) {
      if (!fit) continue
      if (isShort && transient && !transient.isFast && (frames[i] as Frame).noise.memory > SHORT_MEMORY) continue
      const own = best.deviance + fit.reml - best.reml
      const slope = slopeOf(fit)
      let at = Math.min(slope, budget)
      if (sign === 0 || amplitudeOf(fit) > 0 === sign > 0) free = Math.min(free, own)
      if (sign !== 0) {
        if (isBoundedAbove(explanation, fit)) at = Math.min(at, zeroOf(fit))
        else if (at < zeroOf(fit)) continue
      }
      held = Math.min(held, own + fit.degrees * Math.log(1 + ((slope - at) / fit.error) ** 2 / fit.degrees))
    }
  }
  return Math.max(held - free, held - explained.likely.deviance)
}

const devianceOf = (fits: readonly (Fit | null)[]): number => likeliest(fits)?.deviance ?? Infinity

/** What is left when a slope is taken as it is. */
const heldAt = ({ x, y }: Frame, slope: number): Float64Array => y.map((value, i) => value - slope * (x[i] as number))

type Fits = (Fit | null)[]

/** Fairly: places of steps are searched for with the slope held and with it free, and both are fitted both ways. */
function steppedFits(frame: Frame, beside: readonly Float64Array[], slope: number) {
  const target = heldAt(frame, slope)
  const held = searchSteps(frame, beside, target)
  const free = searchSteps(frame, [...beside, frame.x], frame.y)
  return Array.from({ length: MOST_STEPS }, (_, k) => {
    const both = [held[k], free[k]].map((places) => places && [...stepColumns(frame, places), ...beside])
    return {
      held: both.map((columns) => (columns ? fitOf(frame, columns, target) : null)),
      free: both.map((columns) => (columns ? fitOf(frame, [...columns, frame.x]) : null)),
    }
  })
}

const STEP_CLASSES: readonly (readonly [Class, Class])[] = [
  ['one step', 'one step and a warm-up'],
  ['two steps', 'two steps and a warm-up'],
  ['three steps', 'three steps and a warm-up'],
]

function stepped(budget: number, warm: Explanation | null, { frames, explained }: EvidenceOf): Evidence {
  const evidence: Evidence = {}
  for (const withWarmUp of warm ? [false, true] : [false]) {
    const found = frames.map((frame) =>
      steppedFits(frame, withWarmUp ? bendColumns(frame, warm?.transient) : [], budget),
    )
    for (const [k, names] of STEP_CLASSES.entries()) {
      const by = (side: 'held' | 'free', how: 0 | 1): Fits => found.map((sets) => sets[k]?.[side][how] ?? null)
      const held = Math.min(devianceOf(by('held', 0)), devianceOf(by('held', 1)))
      const [a, b] = [likeliest(by('free', 0)), likeliest(by('free', 1))]
      const free = b && (!a || b.deviance <= a.deviance) ? b : a
      const within = free && slopeOf(free) > budget ? held - free.deviance : 0
      const penalty = (k + 1) * stepPenalty((frames[0] as Frame).size)
      const isLast = k + 1 === MOST_STEPS
      const afar = held + penalty - explained.likely.deviance - FAR_FROM_BEST
      evidence[names[withWarmUp ? 1 : 0]] = isLast ? within : Math.max(within, afar)
    }
  }
  return evidence
}

/** Less what it follows, as the line's likeliest noise sees it. */
function unfollowed({ levels, frames, explained }: EvidenceOf): Float64Array {
  const { best, fits } = explained.line
  return (best && frames[fits.indexOf(best)]?.unfollowed(slopeOf(best))) ?? levels.y
}

/** The second half by itself: what a warm-up of any shape has left. Infinity where it cannot be told. */
function ofSecondHalf(budget: number, of: EvidenceOf): number {
  const { levels, frames, explained, hasStarts, apart, readings } = of
  const from = levels.x.findIndex((at) => at >= 0.5)
  if (hasStarts || levels.x.length - from < LEAST_IN_HALF) return Infinity
  const half = { x: levels.x.slice(from), y: unfollowed(of).slice(from) }
  const fits = frames.map(({ noise }) => {
    const frame = frameOf({ levels: half, noise, apart, readings, base: [], followed: [], transients: [] })
    return fitOf(frame, [frame.x])
  })
  const least = likeliest(fits)?.reml ?? Infinity
  const plain = explained.all.filter(({ steps, deviance }) => steps === 0 && deviance < Infinity)
  const evidence = fits.map((fit, i) => {
    if (!fit) return Infinity
    // A noise is as implausible here as it is in the whole.
    const behind = plain.map(({ fits, best, deviance }) => {
      const whole = fits[i]
      return whole && best ? deviance + whole.reml - best.reml - explained.likely.deviance : Infinity
    })
    const away = Math.max(fit.reml - least, Math.min(...behind))
    return away + fit.degrees * Math.log(1 + (Math.max(0, slopeOf(fit) - budget) / fit.error) ** 2 / fit.degrees)
  })
  return Math.min(...evidence)
}

/** A day that was seen once may be a wave. */
function ofDay(budget: number, { levels, frames, explained, days }: EvidenceOf): number {
  const fits = frames.map((frame) => {
    const wave = wavesOf(levels.x, days, 1).map(frame.beside)
    return { held: fitOf(frame, wave, heldAt(frame, budget)), free: fitOf(frame, [...wave, frame.x]) }
  })
  const held = devianceOf(fits.map(({ held }) => held))
  const free = devianceOf(fits.map(({ free }) => free))
  return Math.max(held - free, held + DAY - explained.likely.deviance)
}

/** @param budget growth, in shares of the range per length of the series */
export function evidenceOf(budget: number, of: EvidenceOf): Evidence {
  const { line, all } = of.explained
  const rising = all.filter(({ sign, steps, transient }) => sign > 0 && steps === 0 && transient)
  const warmUps = [line, ...rising.filter(({ transient }) => !transient?.isSlow)]
  const warm = rising.reduce<Explanation | null>((a, b) => (b.deviance < (a ?? line).deviance ? b : a), null)
  return {
    line: profiled([line], budget, of),
    'warm-up': profiled(warmUps, budget, of),
    'short warm-up': profiled(warmUps, budget, of, true),
    'second half': ofSecondHalf(budget, of),
    ...(of.days >= LEAST_OF_DAY ? { day: ofDay(budget, of) } : {}),
    ...stepped(budget, warm, of),
  }
}

/**
 * The least share of what a class asks for: above 1 it grows, whatever else it may be.
 * @param looks at the series, which share the chance of a false alarm
 */
export function strengthOf(evidence: Evidence, looks: number): { strength: number; weakest: Class } {
  const paid = 2 * Math.log(looks)
  const shares = (Object.entries(evidence) as [Class, number][]).map(([weakest, found]) => ({
    strength: found / (NEEDS[weakest] + paid),
    weakest,
  }))
  return shares.reduce((least, one) => (one.strength < least.strength ? one : least))
}
