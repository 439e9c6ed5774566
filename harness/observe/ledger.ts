/**
 * The ledger of an explaining run, from three views: what the target's probe keeps, with stacks; what the kernel names, by
 * pattern; what the server can list.
 */
import type { StartedEtcd } from '../dcs/started.ts'
import { messageOf, TargetError } from '../errors.ts'
import type { LedgerEntry, LedgerLine, StackLine } from '../model.ts'
import { readNames } from './names.ts'
import { countPatterns } from './patterns.ts'
import { listKeys, listLeases } from './server.ts'
import type { Target } from './target.ts'

/** A ledger without its place in the run. */
type Ledger = { stacks: StackLine[]; ledger: Pick<LedgerLine, 'entries' | 'unread'> }

export function openLedger(target: Target, etcd: StartedEtcd | null): { read(): Promise<Ledger> } {
  return {
    async read() {
      const unread: Record<string, string> = {}
      /** What one view has; a view that cannot be read says why and takes nothing from the others. */
      const view = async (name: string, read: () => Promise<LedgerEntry[]>): Promise<LedgerEntry[]> => {
        try {
          return await read()
        } catch (error) {
          if (error instanceof TargetError) throw error
          unread[name] = messageOf(error)
          return []
        }
      }
      const inner = await target.ledger?.()
      if (inner?.unread) unread.probe = inner.unread
      const [endpoint] = etcd?.endpoints ?? []
      const leases = new Set<string>()
      const entries = [
        ...(await view('kernel', async () => kernelEntries(target.pid))),
        ...(await view('server', async () => {
          if (!endpoint) return []
          for (const lease of await listLeases(endpoint)) leases.add(lease)
          return byPattern('key', await listKeys(endpoint))
        })),
        ...(inner?.entries ?? []).map(({ ids, ...entry }) =>
          // The probe knows which leases were granted, and the server which of them are left.
          ids ? { ...entry, count: ids.filter((id) => leases.has(id)).length } : entry,
        ),
      ]
      const stacks = (inner?.stacks ?? []).map((stack): StackLine => ({ line: 'stack', ...stack }))
      return { stacks, ledger: { entries, unread } }
    },
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
    // An address is a name as it is.
    ...Object.entries(peers).map(([what, count]) => ({ kind: 'peer', what, stack: null, count })),
  ]
}
