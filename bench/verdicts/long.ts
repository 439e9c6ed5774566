/**
 * How often the judge of long series is right: every family of long-shapes.ts, seeded, at budgets in units of what could be seen.
 * `npm run bench:verdicts -- long` prints its table.
 */
import { type Grown, rawTrend } from '../../harness/judge/raw/raw.ts'
import { decide } from '../../harness/judge/raw/verdict.ts'
import { type LongSeries, type LongShape, longShapes } from './long-shapes.ts'
import { seeded } from './random.ts'

/** Shares, 0 to 1. */
type LongRates = {
  /** Of clean series, at a budget of 0: leaking, and leaking where it has to be confirmed. */
  leaking: number
  weak: number
  /** The interval that is shown holds the growth that there is. */
  covered: number
  /** Half of that interval, in units; the median. */
  halfWidth: number
  /** Of clean series, at a budget of 3 units. */
  clean: number
  /** Of series that leak 4.5 units, at a budget of 3: clean. */
  passed: number
  /** Of series that leak 12 units, at a budget of 0: leaking, at either level and at the first. */
  seen: number
  sure: number
  /** A verdict that its own interval contradicts: how many. */
  contradicted: number
}

const BUDGET = 3
const LEAKS = { passed: 4.5, seen: 12 }

const trendOf = ({ x, y }: LongSeries): Grown | null => {
  const trend = rawTrend({ x, y }, { starts: null, msPerUnit: 1000 })
  return trend.kind === 'grown' ? trend : null
}

const contradicts = ({ low, high }: Grown, verdict: string, budget: number): boolean =>
  (verdict === 'leaking' && low <= budget) || (verdict === 'clean' && high > budget)

/** @param runs series of each kind */
export function longRates(shape: LongShape, runs: number, seed: number): LongRates {
  const counts = { leaking: 0, weak: 0, covered: 0, clean: 0, passed: 0, seen: 0, sure: 0, contradicted: 0 }
  const widths: number[] = []
  const judged = (trend: Grown | null, budget: number) => {
    // A series that never changed does not grow.
    if (!trend) return { verdict: 'clean', isSure: false }
    const { verdict, confirmed } = decide(trend, budget)
    if (contradicts(trend, verdict, budget)) counts.contradicted++
    return { verdict, isSure: confirmed === true }
  }
  for (let run = 0; run < runs; run++) {
    const drawn = (leak: number) => shape(seeded((seed + run) * 7919), leak)
    const still = drawn(0)
    const trend = trendOf(still)
    const { verdict, isSure } = judged(trend, 0)
    if (verdict === 'leaking') counts[isSure ? 'leaking' : 'weak']++
    if (!trend || (trend.low <= 0 && trend.high >= 0)) counts.covered++
    if (trend) widths.push((trend.high - trend.low) / 2 / still.unit)
    if (judged(trend, BUDGET * still.unit).verdict === 'clean') counts.clean++
    const slow = drawn(LEAKS.passed)
    if (judged(trendOf(slow), BUDGET * slow.unit).verdict === 'clean') counts.passed++
    const fast = judged(trendOf(drawn(LEAKS.seen)), 0)
    if (fast.verdict === 'leaking') counts.seen++
    if (fast.isSure) counts.sure++
  }
  const { contradicted, ...shares } = counts
  const of = Object.fromEntries(Object.entries(shares).map(([name, number]) => [name, number / runs]))
  const halfWidth = widths.sort((a, b) => a - b)[widths.length >> 1] ?? 0
  return { ...(of as Omit<LongRates, 'halfWidth' | 'contradicted'>), halfWidth, contradicted }
}

/** Of the first level and of the second, of all families together and of each. */
const MOST_LEAKING = { pooled: 0.001, each: 0.003, weak: 0.005 }
const LEAST_COVERED = 0.92
const MOST_PASSED = 0.03
/** Detection and *clean* that the rules were specified with, as shares. */
const leastSeen: Record<string, number> = {
  'white noise': 0.9,
  'noise that remembers': 0.9,
  'an early warm-up': 0.8,
}
const leastClean: Record<string, number> = { 'white noise': 0.9, 'an early warm-up': 0.6 }

const percent = (share: number) => String(Number((share * 100).toFixed(1)))

/** What of a family's rates misses its bound. */
const missesOf = (name: string, rates: LongRates): string[] =>
  Object.entries({
    leaking: rates.leaking > MOST_LEAKING.each,
    'to be confirmed': rates.weak > MOST_LEAKING.weak,
    covered: rates.covered < LEAST_COVERED,
    'clean at 3 u': rates.clean < (leastClean[name] ?? 0),
    passed: rates.passed > MOST_PASSED,
    seen: rates.seen < (leastSeen[name] ?? 0),
    contradicted: rates.contradicted > 0,
  }).flatMap(([what, isMissed]) => (isMissed ? [what] : []))

/** Prints the table of long series. @returns how many bounds are missed */
export function printLong(runs: number, seed: number): number {
  console.log(
    '| series | leaking / to be confirmed | covered | half-width, u | clean at a budget of 3 u | 4.5 u passed at it | 12 u seen / certain |',
  )
  console.log(`|${' --- |'.repeat(7)}`)
  let [leaking, missed] = [0, 0]
  const families = Object.entries(longShapes)
  for (const [name, shape] of families) {
    const rates = longRates(shape, runs, seed)
    const misses = missesOf(name, rates)
    leaking += rates.leaking / families.length
    missed += misses.length
    const { weak, covered, halfWidth, clean, passed, seen, sure } = rates
    const cells = [
      `${percent(rates.leaking)} / ${percent(weak)}`,
      percent(covered),
      halfWidth.toFixed(1),
      percent(clean),
      percent(passed),
      `${percent(seen)} / ${percent(sure)}`,
    ]
    console.log(`| ${name} | ${cells.join(' | ')} |${misses.length > 0 ? ` ✖ ${misses.join(', ')}` : ''}`)
  }
  console.log(`\n${runs} series a cell, in per cent; leaking of all clean ones: ${percent(leaking)}.`)
  return missed + (leaking > MOST_LEAKING.pooled ? 1 : 0)
}
