/**
 * Memory that nobody named in a budget, and that its budget of 200 B leaves open. It is held to what the run could tell, and
 * the verdict says to what; but what surely grows, or what nobody can tell anything of, is no pass. Pure.
 */
import { type PlannedResource, roundUp } from '../model.ts'
import type { SeriesVerdict } from './rules.ts'

/** A leak of more than this per cycle has to be ruled out, however little time there was, in bytes. */
const MOST_BOUND = 20_000

/** A verdict, and the budget it was held to, in bytes per cycle. */
export type Seen = { judged: SeriesVerdict; budget: number | null }

/** What a run that is over says of such memory. */
export function asFarAsSeen(judged: SeriesVerdict, { perCycle }: Pick<PlannedResource, 'perCycle'>): Seen {
  const { verdict, low, ruledOut = null } = judged
  const isOpen = verdict === 'inconclusive' && perCycle !== null && ruledOut !== null && ruledOut.bound <= MOST_BOUND
  const grows = [low, ruledOut?.numbers.low].some((least) => (least ?? 0) > (perCycle ?? 0))
  if (!isOpen || grows) return { judged, budget: perCycle }
  return {
    judged: {
      ...ruledOut.numbers,
      verdict: 'clean',
      reasonCode: 'within-reach',
      facts: { coarser: perCycle },
      confirmed: null,
    },
    budget: roundUp(Math.max(ruledOut.bound, perCycle)),
  }
}
