/**
 * Memory of a Node target that V8 knows nothing of: what native code allocates, WebAssembly, JIT code. It wavers by tens of megabytes in healthy
 * programs, so unless a budget names it, it is judged only where nobody can miss its growth, and holds nothing back. Pure.
 */
import { isNativeByDefault, type PlannedResource, type Recording, type ResourceVerdict } from '../model.ts'
import { none, type SeriesVerdict } from './rules.ts'
import type { Series } from './series.ts'
import { begunAt } from './shards.ts'
import { YOUNG_CYCLES } from './young.ts'

const MB = 1024 ** 2
/** Growth in all, while it was read, below which it says nothing: allocators keep what was freed. */
const LEAST_GROWN = 64 * MB

/**
 * The cycle from which it is judged: in a young process it grows by 24 to 70 kB a cycle (measured over 300 cycles), however clean. Or, if the process is still young
 * then, that at which every reading begins to come after a full collection.
 */
export function nativeFrom(recording: Recording): number {
  const begun = begunAt(recording)
  const measured = recording.events.findLast(({ kind }) => kind === 'memory')?.cycles ?? Infinity
  return Math.min(begun + YOUNG_CYCLES, Math.max(begun, measured))
}

/** Why a verdict on it does not count; null where it does. */
function whyUnjudged(judged: SeriesVerdict, { points }: Series, { checkpoints }: Recording): string | null {
  if (judged.verdict === 'clean') return null
  if (judged.verdict === 'inconclusive') return 'its growth is not certain'
  const run = points.filter(({ drain }) => !drain)
  const grown = (judged.growthPerCycle ?? 0) * ((run.at(-1)?.cycle ?? 0) - (run[0]?.cycle ?? 0))
  if (grown < LEAST_GROWN) return 'it grew by less than 64 MB'
  // They are collected when they like, and not when it is read.
  return checkpoints.some(({ readings }) => (readings.workers ?? 0) > 0) ? 'the heaps of Workers are in it' : null
}

type Said = Pick<ResourceVerdict, 'level' | 'verdict' | 'reasonCode' | 'confirmed' | 'facts' | 'detectable'>

/** It holds nothing back. */
const notJudged = (facts: ResourceVerdict['facts']): Said => ({
  ...none,
  level: 'off',
  reasonCode: 'not-judged',
  facts,
  detectable: null,
})

/** What is said of it instead of its verdict, where a budget does not name it; null of everything else, and of a leak. */
export function saidOfNative(
  resource: PlannedResource,
  judged: SeriesVerdict,
  series: Series,
  recording: Recording,
): Said | null {
  if (!isNativeByDefault(resource)) return null
  const unread = whyUnjudged(judged, series, recording)
  if (unread !== null) return notJudged({ unread })
  const { verdict, reasonCode, confirmed, facts } = judged
  // Nobody can say of less than 64 MB that it would have been seen.
  return verdict === 'clean' ? { level: resource.level, verdict, reasonCode, confirmed, facts, detectable: null } : null
}

/** The same where it could not be read. */
export const unreadNative = (resource: PlannedResource, { facts }: Pick<ResourceVerdict, 'facts'>): Said | null =>
  isNativeByDefault(resource) ? notJudged(facts) : null
