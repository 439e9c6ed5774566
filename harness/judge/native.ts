/**
 * Memory of a Node target that V8 knows nothing of: what native code allocates, WebAssembly, JIT code. It wavers by tens of megabytes in healthy
 * programs, so unless a budget names it, it is judged only where nobody can miss its growth, and holds nothing back. Pure.
 */
import { isNativeByDefault, type PlannedResource, type Recording, type ResourceVerdict } from '../model.ts'
import { none, type SeriesVerdict } from './rules.ts'
import type { Series } from './series.ts'

const MB = 1024 ** 2
/** Growth in all, while it was read, below which it says nothing: allocators keep what was freed. */
const LEAST_GROWN = 64 * MB
/** In a young process it grows by 24 to 70 kB a cycle (measured over 300 cycles), however clean. */
const YOUNG_CYCLES = 500

/** The cycle from which it is judged: that at which every reading begins to come after a full collection, if the process is still young then. */
export function nativeFrom({ events }: Recording): number {
  const begun = events.findLast(({ kind }) => kind === 'shard')?.cycles ?? 0
  const measured = events.findLast(({ kind }) => kind === 'memory')?.cycles ?? Infinity
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

/** What is said of it instead of its verdict, where a budget does not name it; null of everything else, and of a leak. */
export function saidOfNative(
  resource: PlannedResource,
  judged: SeriesVerdict,
  series: Series,
  recording: Recording,
): Pick<ResourceVerdict, 'level' | 'verdict' | 'reasonCode' | 'confirmed' | 'facts' | 'detectable'> | null {
  if (!isNativeByDefault(resource)) return null
  const unread = whyUnjudged(judged, series, recording)
  // Nobody can say of less than 64 MB that it would have been seen.
  const { detectable: _, ...clean } = { ...judged, level: resource.level }
  if (unread === null) return judged.verdict === 'clean' ? { ...clean, detectable: null } : null
  return { ...none, level: 'off', reasonCode: 'not-judged', facts: { unread }, detectable: null }
}

/** Nor does what could not be read of it hold anything back. */
export const unreadNative = (resource: PlannedResource, { facts }: Pick<ResourceVerdict, 'facts'>) =>
  isNativeByDefault(resource) ? ({ ...none, level: 'off', reasonCode: 'not-judged', facts } as const) : null
