/**
 * How fast a series grew, and how steadily. The limits of a verdict hold for growth that comes by chance, at any moment;
 * what grows like clockwork is known far better than that, and two runs can be compared by it. Pure.
 */
import { sampleStandardDeviation } from 'simple-statistics'
import type { Trend } from '../model.ts'
import { floorOf, type Point } from './floor.ts'
import { INTERVAL, WINDOWS } from './rules.ts'
import { tAbove } from './student.ts'

/** Blocks of a run; of fewer than the least their spread is unknown. */
const BLOCKS = 10
const LEAST_BLOCKS = 4
const READINGS_IN_BLOCK = 2

/**
 * Growth per cycle of the floor of a count, with a 95 % interval from the growth of its blocks (non-overlapping batch
 * means, Schmeiser 1982); null for a series too short to have them.
 */
export function steadiness(points: readonly Point[]): Trend | null {
  const floor = floorOf(points.map(({ value }) => value))
  const [first, last] = [points[0]?.cycle ?? 0, points.findLast(({ drain }) => !drain)?.cycle ?? 0]
  const from = first + WINDOWS[0].from * (last - first)
  const run = points.flatMap(({ cycle, drain }, i) =>
    drain || cycle < from ? [] : [{ cycle, value: floor[i] as number }],
  )
  const blocks = Math.min(BLOCKS, Math.floor((run.length - 1) / READINGS_IN_BLOCK))
  if (blocks < LEAST_BLOCKS) return null
  const at = (block: number) => run[Math.round((block * (run.length - 1)) / blocks)] as (typeof run)[number]
  const rateBetween = (a: (typeof run)[number], b: (typeof run)[number]) =>
    b.cycle > a.cycle ? (b.value - a.value) / (b.cycle - a.cycle) : 0
  const rates = Array.from({ length: blocks }, (_, block) => rateBetween(at(block), at(block + 1)))
  const growthPerCycle = rateBetween(at(0), at(blocks))
  const error = (sampleStandardDeviation(rates) / Math.sqrt(blocks)) * tAbove(INTERVAL, blocks - 1)
  return { growthPerCycle, low: growthPerCycle - error, high: growthPerCycle + error }
}
