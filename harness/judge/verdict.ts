/** One series in, its verdict out: counts are counted where they can be, everything else is a trend in noise. */
import type { Unit } from '../model.ts'
import { judgeCount } from './count.ts'
import { type Point, straysAbove } from './floor.ts'
import { judgeMemory } from './memory.ts'
import type { Rules, SeriesVerdict } from './rules.ts'

/** A count's own rounding, where it is judged as a trend. */
const QUANTUM_OF_COUNTS = 1

/**
 * Judges one series. A count that strays above its floor is judged as a trend, too, if counting leaves it undecided:
 * rises that lie close together are one event to the counter, and may be a plain line to the eye. The two share its error.
 * @param how resets: cycles at which a server forgot what it held; all: every reading, where memory is judged by some
 */
export function judgeSeries(
  points: readonly Point[],
  unit: Unit,
  rules: Rules,
  { resets = [], all = points }: { resets?: readonly number[]; all?: readonly Point[] } = {},
): SeriesVerdict {
  if (unit === 'bytes') return judgeMemory(points, rules, { all })
  const strays = straysAbove(points)
  const shared = strays ? { ...rules, falseAlarm: rules.falseAlarm / 2 } : rules
  const counted = judgeCount(points, shared, resets)
  if (counted.reasonCode === 'noisy') return judgeMemory(points, rules, { quantum: QUANTUM_OF_COUNTS })
  if (!strays || counted.verdict !== 'inconclusive' || resets.length > 0) return counted
  const trend = judgeMemory(points, shared, { quantum: QUANTUM_OF_COUNTS })
  return trend.verdict === 'leaking' ? trend : counted
}
