/**
 * The ledger of an explaining run, from three views: what the target's probe keeps, with stacks; what the kernel names, by
 * pattern; what the server can list.
 */
import type { StartedEtcd } from '../dcs/started.ts'
import { messageOf, TargetError } from '../errors.ts'
import type { LedgerEntry, LedgerLine, SourceLine, StackLine } from '../model.ts'
import { readNames } from './names.ts'
import { countPatterns } from './patterns.ts'
import { listKeys, listLeases } from './server.ts'
import type { Target } from './target.ts'

/** A ledger without its place in the run. */
type Ledger = { stacks: (StackLine | SourceLine)[]; ledger: Pick<LedgerLine, 'entries' | 'unread'> }

export function openLedger(target: Target, etcd: StartedEtcd | null): { read(): Promise<Ledger> } {
  return {
    async read() {
      const unread: Record<string, string> = {}
      /** What one view has; a view that cannot be read says why and takes nothing from the others. */
      const view = async <What>(name: string, read: () => Promise<What>): Promise<What | null> => {
        try {
          return await read()
        } catch (error) {
          if (error instanceof TargetError) throw error
          unread[name] = messageOf(error)
          return null
        }
      }
      const inner = await view('probe', async () => target.ledger?.() ?? null)
      if (inner?.unread) unread.probe = inner.unread
      const [endpoint] = etcd?.endpoints ?? []
      const leases = new Set<string>()
      const entries = [
        ...((await view('kernel', async () => kernelEntries(target.pid))) ?? []),
        ...((await view('server', async () => {
          if (!endpoint) return []
          for (const lease of await listLeases(endpoint)) leases.add(lease)
          return byPattern('key', await listKeys(endpoint))
        })) ?? []),
        ...(inner?.entries ?? []).map(({ ids, ...entry }) =>
          // The probe knows which leases were granted, and the server which of them are left.
          ids ? { ...entry, count: ids.filter((id) => leases.has(id)).length } : entry,
        ),
      ]
      const stacks = [
        ...(inner?.stacks ?? []).map((stack): StackLine => ({ line: 'stack', ...stack })),
        ...(inner?.sources ?? []).map((source): SourceLine => ({ line: 'source', ...source })),
      ]
      return { stacks, ledger: { entries, unread } }
    },
  }
}

/** So often a ledger is read at most, until no cycle ended in between. */
const MOST_READ = 5

/**
 * Reads a ledger into a recording. A target that runs on is read again where a cycle ended meanwhile: how many there were
 * is not known, then.
 * @param at cycles by now, and the time
 */
export async function recordLedger(
  { read }: ReturnType<typeof openLedger>,
  at: () => Promise<{ ms: number; cycles: number }>,
  write: (line: StackLine | SourceLine | LedgerLine) => void,
): Promise<void> {
  for (let times = 1; ; times++) {
    const before = await at()
    const { stacks, ledger } = await read()
    for (const stack of stacks) write(stack)
    if (times < MOST_READ && (await at()).cycles !== before.cycles) continue
    write({ line: 'ledger', ...before, ...ledger })
    return
  }
}

const byPattern = (kind: string, names: Iterable<string>): LedgerEntry[] =>
  [...countPatterns(names)].map(([what, count]) => ({ kind, what, stack: null, count }))

function kernelEntries(pid: number): LedgerEntry[] {
  const { threads, paths, peers, children } = readNames(pid)
  return [
    ...byPattern('thread name', threads),
    ...byPattern('path', paths),
    ...byPattern('child name', children),
    ...peerEntries(peers),
  ]
}

/** From here on ports are given out by the system: each client of a server has another. */
const FIRST_EPHEMERAL = 32_768

/** An address is a name as it is, but for a port that says nothing. */
function peerEntries(peers: Readonly<Record<string, number>>): LedgerEntry[] {
  const counts = new Map<string, number>()
  for (const [peer, count] of Object.entries(peers)) {
    const what = peer.replace(/:(\d+)$/, (all, port) => (Number(port) >= FIRST_EPHEMERAL ? ':*' : all))
    counts.set(what, (counts.get(what) ?? 0) + count)
  }
  return [...counts].map(([what, count]) => ({ kind: 'peer', what, stack: null, count }))
}
