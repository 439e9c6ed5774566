/** One series in, its verdict out: counts are counted where they can be, everything else is a trend in noise. */
import type { Unit } from '../model.ts'
import { judgeCount, type Known, LEAST_EVENTS } from './count.ts'
import { type Point, straysAbove } from './floor.ts'
import { judgeMemory } from './memory.ts'
import { RUN_FALSE_ALARM, type Rules, type SeriesVerdict } from './rules.ts'

/** A count's own rounding, where it is judged as a trend. */
const QUANTUM_OF_COUNTS = 1

/**
 * Judges one series. A count that strays above its floor is judged as a trend, too, if counting leaves it undecided:
 * rises that lie close together are one event to the counter, and may be a plain line to the eye. The two share its error.
 * @param how all: every reading, where memory is judged by some
 */
export function judgeSeries(
  points: readonly Point[],
  unit: Unit,
  rules: Rules,
  { resets = [], before, all = points }: Known & { all?: readonly Point[] } = {},
): SeriesVerdict {
  if (unit === 'bytes') return judgeMemory(points, rules, { all })
  const strays = straysAbove(points)
  const shared = strays ? { ...rules, falseAlarm: rules.falseAlarm / 2 } : rules
  const counted = judgeCount(points, shared, { resets, before })
  const isNoisy = counted.reasonCode === 'noisy'
  if (counted.verdict !== 'inconclusive' || (resets.length > 0 && !isNoisy)) return counted
  const trend =
    strays || isNoisy ? judgeMemory(points, isNoisy ? rules : shared, { quantum: QUANTUM_OF_COUNTS }) : counted
  if (trend.verdict === 'leaking') return trend
  const rested = judgeRests(points, rules, before)
  if (isNoisy) return rested ? asOne(trend, rested) : trend
  return rested?.verdict === 'leaking' ? rested : counted
}

/**
 * One rest against the next, from before the first cycle on: what is left when everything had time to return. Null where there was no rest.
 * Four rises are growth, by whatever resources the error is shared: a second run has to see them, too.
 */
function judgeRests(points: readonly Point[], rules: Rules, before: number | undefined): SeriesVerdict | null {
  const [first] = points
  const rests = points.filter(({ drain }) => drain)
  const stood = points[points.findIndex(({ drain }) => drain) - 1]
  // Where cycles let go of what setup had left, what there was before them is no rest to compare with.
  if (!first || before === undefined || !stood || before > stood.value) return null
  const all = [{ cycle: first.cycle, value: before, drain: true }, ...rests]
  return judgeCount(all, { ...rules, falseAlarm: RUN_FALSE_ALARM }, { fromStart: true })
}

/** A count too noisy to be counted: its trend while it ran, and what is left at rest. */
function asOne(trend: SeriesVerdict, rested: SeriesVerdict): SeriesVerdict {
  const { stepSum = 0 } = rested.facts
  if (rested.verdict !== 'inconclusive') return rested
  if (stepSum >= LEAST_EVENTS)
    return { ...rested, reasonCode: 'grew-unseen', facts: { ...rested.facts, hidden: stepSum } }
  return trend.verdict === 'clean' ? trend : rested
}
