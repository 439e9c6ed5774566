/** The verdict on a long series: what is said of its growth, how certainly, and what would tell. Pure. */
import type { ReasonCode, VerdictFacts } from '../../model.ts'
import { type SeriesVerdict, unknown } from '../rules.ts'
import type { XY } from '../trend.ts'
import type { Class } from './evidence.ts'
import type { Step } from './explanations.ts'
import { type Grown, LEAST_TEETH, LEAST_TROUGHS, type RawOptions, type RawTrend, rawTrend } from './raw.ts'

/** Fewer readings than this are judged as a run's are. */
export const LEAST_LONG = 120
/** A share of the evidence that a leak asks for: enough for a second run, or for as long again, to confirm it. */
const WEAK = 0.6

/** Why a class of innocent explanations is not ruled out; and the steps that explain as much. */
const reasonOf: Record<Class, { reasonCode: ReasonCode; steps?: number }> = {
  line: { reasonCode: 'wanders' },
  'warm-up': { reasonCode: 'settling' },
  'short warm-up': { reasonCode: 'settling' },
  'second half': { reasonCode: 'settling' },
  'one step': { reasonCode: 'one-step', steps: 1 },
  'two steps': { reasonCode: 'one-step', steps: 2 },
  'three steps': { reasonCode: 'one-step', steps: 3 },
  'one step and a warm-up': { reasonCode: 'one-step', steps: 1 },
  'two steps and a warm-up': { reasonCode: 'one-step', steps: 2 },
  'three steps and a warm-up': { reasonCode: 'one-step', steps: 3 },
  day: { reasonCode: 'daily' },
}

/** Three plateaus are no calm. */
function isStaircase(steps: readonly Step[]): boolean {
  const up = steps.filter(({ size }) => size > 0)
  return up.length > 1 && up.some(({ at }) => at > 0.5)
}

type Decided = Pick<SeriesVerdict, 'verdict' | 'reasonCode' | 'confirmed' | 'facts'>

const open = (reasonCode: ReasonCode, facts: VerdictFacts = {}): Decided => ({
  verdict: 'inconclusive',
  reasonCode,
  confirmed: null,
  facts,
})

const stepFacts = (steps: readonly Step[]) => ({
  steps: steps.length,
  stepSum: steps.reduce((sum, { size }) => sum + size, 0),
})

/** @param budget growth per unit of x that is allowed */
export function decide(trend: Grown, budget: number): Decided {
  const { low, high, steps, falls, isTold, startsFound } = trend
  if (high <= budget) {
    if (isStaircase(steps)) return open('isolated-steps', stepFacts(steps))
    return { verdict: 'clean', reasonCode: low > 0 ? 'within-budget' : 'flat', confirmed: null, facts: {} }
  }
  if (low <= budget) return open('too-noisy')
  // Garbage, a cache that was dropped and a leak that was restarted look alike.
  const mayBeRestarts = startsFound > 0 || (!isTold && falls >= LEAST_TEETH - 1 && falls < LEAST_TROUGHS)
  if (mayBeRestarts) return open('restarted')
  const { strength, weakest } = trend.strength(budget)
  if (strength > WEAK) return { verdict: 'leaking', reasonCode: 'grows', confirmed: strength > 1, facts: {} }
  const { reasonCode, steps: instead } = reasonOf[weakest]
  return open(reasonCode, instead === undefined ? {} : { steps: instead })
}

/** A leak on top of a series has, at a budget, the evidence that the series itself has at as much less: so looks at lower budgets tell what would have been seen. */
const LOOKS = { out: 5, between: 5 }
const FIRST_OUT = 0.5
const FURTHER = 2.5

/** The largest budget at which it would still leak; null where there is none near. */
function mostLeaking(trend: Grown, budget: number): number | null {
  const { low, high } = trend
  const width = Math.max(high - low, Number.MIN_VALUE)
  const leaks = (at: number) => decide(trend, at).verdict === 'leaking'
  const outer = Array.from({ length: LOOKS.out }, (_, look) => low - FIRST_OUT * width * FURTHER ** look)
  const first = outer.findIndex(leaks)
  if (first < 0) return null
  let [yes, no] = [outer[first] as number, outer[first - 1] ?? Math.max(budget, low)]
  for (let look = 0; look < LOOKS.between; look++) {
    const middle: number = (yes + no) / 2
    if (leaks(middle)) yes = middle
    else no = middle
  }
  return yes
}

/** Noise that remembers for longer than this share of the series makes an error that shrinks as that of a walk does. */
const REMEMBERS = 0.15
const MARGIN = 1.15
const LEAST_LONGER = 1.3
/** A remedy longer than this is none. */
const MOST_LONGER = 8

/** How much longer it would have to be, in units of x; null where no length is known that would tell. */
function moreOf(trend: Grown, budget: number): number | null {
  const { growth, high, memory, span } = trend
  const shrinks = memory > REMEMBERS ? 1 / 2 : 3 / 2
  const wanted = growth > budget ? growth - (mostLeaking(trend, budget) ?? -Infinity) : high - growth
  const gap = Math.max(Math.abs(growth - budget), Number.MIN_VALUE)
  const factor = Math.max(LEAST_LONGER, MARGIN * (wanted / gap) ** (1 / shrinks))
  return factor > MOST_LONGER ? null : (factor - 1) * span
}

/** What length does not tell, but a word of whoever knows. */
const isAsked = ({ reasonCode }: Decided): boolean => reasonCode === 'restarted'

/** How much longer it would have to be. */
function lengthOf(more: number | null, { msPerUnit }: RawOptions): VerdictFacts {
  if (more === null) return {}
  return msPerUnit === null ? { moreCycles: Math.ceil(more) } : { moreMs: Math.ceil(more * msPerUnit) }
}

function saidOf(trend: Grown, budget: number, options: RawOptions): SeriesVerdict {
  const { growth, low, high } = trend
  const { msPerUnit, looks = 1 } = options
  const decided = decide(trend, budget)
  // Advice takes ten times as long as the verdict, and a look on the way asks for none.
  const isOver = looks === 1
  const more = isOver && decided.verdict === 'inconclusive' && !isAsked(decided) ? moreOf(trend, budget) : null
  return {
    ...decided,
    growthPerCycle: growth,
    low,
    high,
    detectable: high - growth,
    facts: {
      ...lengthOf(more, options),
      ...(msPerUnit === null ? {} : { anHour: HOUR_MS / msPerUnit }),
      ...decided.facts,
    },
  }
}
const HOUR_MS = 3_600_000

/**
 * Judges a long series.
 * @param readings at least `LEAST_LONG`, ascending in x; those that are missing are simply not there
 * @param budget growth per unit of x that is allowed
 */
export function judgeLong(readings: XY, budget: number, options: RawOptions): SeriesVerdict {
  const trend: RawTrend = rawTrend(readings, options)
  if (trend.kind === 'grown') return saidOf(trend, budget, options)
  if (trend.kind === 'short' || budget < 0)
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'too-short', facts: {} }
  const still = { growthPerCycle: 0, low: 0, high: 0, detectable: 0 }
  return { ...still, verdict: 'clean', reasonCode: 'flat', confirmed: null, facts: {} }
}
