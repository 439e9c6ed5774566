/**
 * The resources, each object counted in one row. A new resource is one line here and one reading in its
 * view (observe/kernel.ts, probe/node/, observe/server.ts).
 */
import type { Level, Unit, View } from './model.ts'

export type ResourceRow = {
  readonly name: string
  readonly view: View
  readonly unit: Unit
  /** Level when nobody says otherwise. */
  readonly level: Level
  /** Growth per cycle that is allowed when nobody says otherwise; null: it is only recorded. */
  readonly budget: number | null
  readonly what: string
}

/**
 * Bytes per cycle of memory that V8 knows nothing of. Clean runs here grow by 8 B (controls/idle) to 11 kB (a client of `etcd3` whose leader is lost): allocators
 * keep what was freed, and JIT code comes late.
 */
const COARSE_BUDGET = 20_000
/** Bytes per cycle: well over what measuring itself costs (docs/verdicts.md), well under any client. */
export const MEMORY_BUDGET = 200

const count = (name: string, view: View, level: Level, what: string): ResourceRow => ({
  name,
  view,
  unit: 'count',
  level,
  budget: 0,
  what,
})
const bytes = (name: string, view: View, level: Level, what: string, budget = MEMORY_BUDGET): ResourceRow => ({
  name,
  view,
  unit: 'bytes',
  level,
  budget: level === 'off' ? null : budget,
  what,
})

/** What every Node target has. */
export const targetResources: readonly ResourceRow[] = [
  count('threads', 'kernel', 'error', 'operating-system threads'),
  count('fds', 'kernel', 'error', 'open file descriptors'),
  count('sockets', 'kernel', 'error', 'TCP, UDP and unix sockets among the descriptors'),
  count('children', 'kernel', 'error', 'live child processes'),
  count('workers', 'runtime', 'error', "live worker_threads, also unref'd"),
  count('handles', 'runtime', 'error', "libuv handles other than sockets, pipes and timers, also unref'd"),
  count('timers', 'runtime', 'error', "scheduled timeouts and intervals, also unref'd"),
  count('requests', 'runtime', 'warn', 'active requests'),
  count('listeners', 'runtime', 'error', 'listeners on process and on emitters the scenario names'),
  bytes('heap', 'runtime', 'error', 'JavaScript heap in use, after a full collection'),
  bytes('external', 'runtime', 'error', 'memory outside the heap that JavaScript objects hold'),
  bytes('native', 'runtime', 'error', 'resident memory that V8 knows nothing of', COARSE_BUDGET),
  bytes('rss', 'kernel', 'off', 'resident memory'),
  bytes('pss', 'kernel', 'off', 'resident memory, shared pages divided'),
]

/** What can be read of a program from outside; its resident memory is all that is known of what it keeps there. */
export const outsideResources: readonly ResourceRow[] = targetResources
  .filter(({ view }) => view === 'kernel')
  .map((row) => (row.name === 'rss' ? { ...row, level: 'error', budget: COARSE_BUDGET } : row))

/** What an etcd adds: differences from before the run. They gate only when that etcd is ours alone. */
export const etcdResources: readonly ResourceRow[] = [
  count('etcd.leases', 'server', 'error', 'live leases'),
  count('etcd.watchers', 'server', 'error', 'watchers'),
  count('etcd.connections', 'server', 'error', 'sockets of the etcd process'),
  count('etcd.keys', 'server', 'error', 'keys'),
]

/** Rows whose names a scenario gives: `instances:NAME` for tracked classes. */
export const instancesResource = (name: string): ResourceRow =>
  count(`instances:${name}`, 'runtime', 'error', `live ${name} objects after a collection`)

/** `server.NAME` for what `serverState()` returns. */
export const serverStateResource = (name: string): ResourceRow =>
  count(`server.${name}`, 'server', 'error', `${name}, as the scenario's serverState() says`)
