/** What a baseline accepts of a run. Pure. */
import type { HeaderLine, PlannedResource, ResourceVerdict, Trend } from '../model.ts'
import { changeOf, marginOf } from './regression.ts'
import { isOverCap, type SeriesVerdict } from './rules.ts'

/** What acceptance changes of a verdict. */
type Accepting = Partial<Pick<ResourceVerdict, 'verdict' | 'reasonCode' | 'confirmed'>> &
  Pick<ResourceVerdict, 'accepted' | 'facts'>

/**
 * A leak stays accepted while it grows no faster than it did, and until its day. Where it seems to grow faster, and too unsteadily
 * to be sure, nobody can tell.
 */
export function acceptance(
  { name, unit, perCycle }: Pick<PlannedResource, 'name' | 'unit' | 'perCycle'>,
  judged: SeriesVerdict,
  trend: Trend | null,
  { startedAt, plan }: Pick<HeaderLine, 'startedAt' | 'plan'>,
): Accepting {
  const { verdict, low, facts } = judged
  const accepted = plan.accepted[name]
  // A cap was set by somebody: what was accepted before does not lift it.
  // Without a trend there is nothing to hold against it.
  if (!accepted || !trend || isOverCap(judged) || verdict === 'clean') return { accepted: null, facts }
  if (startedAt.slice(0, 10) > accepted.until) return { accepted: null, facts: { ...facts, expired: accepted.until } }
  const least = marginOf(accepted, unit === 'count' ? plan.resolution : (perCycle ?? 0))
  const most = Math.max(accepted.high, accepted.growthPerCycle) + least
  const worse = { ...facts, accepted: accepted.growthPerCycle }
  // Either proof will do: the limits of a verdict hold for growth that comes by chance, a trend knows what is steady.
  const isWorse = (low !== null && low > most) || changeOf(accepted, trend, least) === 'regressed'
  if (verdict === 'leaking' && isWorse) return { accepted: null, facts: worse }
  if (trend.growthPerCycle <= most) return { accepted, facts }
  return { verdict: 'inconclusive', reasonCode: 'perhaps-worse', confirmed: null, accepted: null, facts: worse }
}
