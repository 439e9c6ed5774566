/**
 * Where a server forgot what it held. A reset erases evidence: of a leak of one per cycle whose etcd was cleared at 90 % of
 * the run, no rise of the floor before it is left. So its series are cut there. Pure.
 */
import type { FaultKind, Recording } from '../model.ts'
import type { Lasting } from './faults.ts'
import type { Point } from './floor.ts'

/** So many rises before a fall are a leak that was swept away, not a sawtooth. */
const LEAST_RISES = 12

/** What a server holds for a connection ends with it. */
const ofConnections = ['etcd.watchers', 'etcd.connections']
const disconnecting: readonly FaultKind[] = ['reset', 'restart', 'kill']

type Happened = Pick<Recording, 'events'> & { faults: readonly Lasting[] }

/** Cycles by which connections had ended, and what the server held for them, and clients had had the time to come back. */
const disconnectedAt = ({ events, faults }: Happened): number[] =>
  faults.length > 0
    ? faults.filter(({ do: kind }) => disconnecting.includes(kind)).map(({ until }) => until)
    : events.filter(({ kind }) => kind === 'server-restart').map(({ cycles }) => cycles)

/**
 * Cycles at which a server's count was reset: those that were recorded, and the single fall, all the way down, of a
 * count that had only risen. What falls more than once is swept regularly, and is no leak for it.
 */
export function resetsOf(name: string, points: readonly Point[], happened: Happened): number[] {
  const forgotten = happened.events.filter(({ kind }) => kind === 'server-reset').map(({ cycles }) => cycles)
  const recorded = [...forgotten, ...(ofConnections.includes(name) ? disconnectedAt(happened) : [])]
  if (recorded.length > 0) return recorded
  const run = points.filter(({ drain }) => !drain)
  const falls = run.flatMap(({ value }, i) => (i > 0 && value < (run[i - 1] as Point).value ? [i] : []))
  const [at] = falls
  if (falls.length !== 1 || at === undefined) return []
  const before = run.slice(0, at)
  const rises = before.filter(({ value }, i) => i > 0 && value > (before[i - 1] as Point).value).length
  const [first, fallen] = [before[0], run[at]]
  return first && fallen && fallen.value <= first.value && rises >= LEAST_RISES ? [fallen.cycle] : []
}
