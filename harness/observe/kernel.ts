/**
 * The kernel view: what /proc says of a process, from outside. If the kernel can answer, ask the kernel: it disturbs
 * nothing. Reads are synchronous: each is a copy out of kernel memory, and the target is idle at a checkpoint.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import type { Detail, Readings } from '../model.ts'
import { procLacks, readFamily, statusField } from '../processes/proc.ts'
import { readDescriptors, socketDetail } from './descriptors.ts'

const kB = 1024

/**
 * Opens the cheap reading: threads and resident memory from one small file that is read again and again through one
 * descriptor (16 µs at 8,000 threads, where /proc/PID/stat takes 550), and the number of descriptors, which Linux 6.2
 * and newer keep as the size of /proc/PID/fd. Null when the process is gone, and so is every reading from then on.
 */
export function openTimeline(pid: number, channelFd: number | null): { read(): Readings | null; close(): void } | null {
  const buffer = Buffer.alloc(4096)
  const own = channelFd === null ? 0 : 1
  let fd: number
  try {
    fd = openSync(`/proc/${pid}/status`, 'r')
  } catch {
    return null
  }
  return {
    read() {
      try {
        const status = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0))
        const threads = statusField(status, 'Threads')
        const rss = statusField(status, 'VmRSS')
        // A zombie has a status, but no memory.
        if (threads === null || rss === null) return null
        const fds = statSync(`/proc/${pid}/fd`).size
        return { threads, rss: rss * kB, fds: fds > 0 ? fds - own : null }
      } catch {
        return null
      }
    },
    close: () => closeSync(fd),
  }
}

/** How many threads carry each name; listing 8,000 of them takes 75 ms, so only up to a thousand are named. */
const MOST_NAMED_THREADS = 1000
function threadNames(pids: readonly number[], threads: number): Record<string, number> {
  const names: Record<string, number> = {}
  if (threads > MOST_NAMED_THREADS) return names
  for (const task of pids.flatMap(tasksIn)) {
    try {
      const name = readFileSync(`${task}/comm`, 'utf8').trim()
      names[name] = (names[name] ?? 0) + 1
    } catch {
      // ended since it was listed
    }
  }
  return names
}

function tasksIn(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`)
  } catch {
    return []
  }
}

/** @throws for a process that is gone, or not ours to read */
function proportionalSetSize(pid: number): number | null {
  const pss = statusField(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'), 'Pss')
  return pss === null ? null : pss * kB
}

export type KernelReading = {
  readings: Readings
  unread: Record<string, string>
  detail: Detail
  /** Resident memory of the process alone, in bytes. */
  ownRss: number | null
  /** It has ended: a zombie would read as nothing but zeros. */
  gone: boolean
}

const kernelResources = ['threads', 'fds', 'sockets', 'children', 'rss', 'pss'] as const
type KernelResource = (typeof kernelResources)[number]

export type KernelOptions = {
  /** Also look up state and peer of each socket. */
  withPeers: boolean
  /** With all that came of it: threads, descriptors and memory are sums, `children` every process but itself. */
  tree?: boolean
  /** Without `pss`, which takes long. */
  lean?: boolean
  /** With the names of threads. */
  named?: boolean
}

/** Null of a process that has ended: a zombie has a status, and would read as nothing but zeros. */
function statusOf(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return /^State:\s+[ZX]/m.test(status) ? null : status
  } catch {
    return null
  }
}

/** Why a process could not be read, by what kept us from it. */
function whyUnread(pid: number, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EACCES' && code !== 'EPERM') return `/proc/${pid} could not be read (${code ?? error})`
  const uid = statusField(readFileSync(`/proc/${pid}/status`, 'latin1'), 'Uid')
  return uid === process.getuid?.()
    ? `process ${pid} may not be looked into (ptrace(2))`
    : `process ${pid} belongs to uid ${uid}: only that user and root may look`
}

/**
 * A full reading of the kernel view. What may not be read of a process takes nothing from what may.
 * @param channelFd the channel to the probe, a socket that is ours and is not counted
 */
export function readKernel(
  { pid, channelFd }: { pid: number; channelFd: number | null },
  { withPeers, tree = false, lean = false, named = !lean }: KernelOptions,
): KernelReading {
  const readings: Readings = {}
  const unread: Record<string, string> = {}
  const detail: Detail = {}
  const status = statusOf(pid)
  const gone = !procLacks && status === null
  /** What can be read together, or not at all. */
  const view = (names: readonly KernelResource[], read: () => Readings) => {
    const lost = (why: string) => {
      for (const name of names) {
        readings[name] = null
        unread[name] = why
      }
    }
    if (procLacks) return lost(procLacks)
    if (gone) return lost(`/proc/${pid} could not be read (it has ended)`)
    try {
      Object.assign(readings, read())
    } catch (error) {
      try {
        lost(whyUnread(pid, error))
      } catch (gone) {
        lost(whyUnread(pid, gone))
      }
    }
  }
  const family = tree && !procLacks ? readFamily(pid, { tree }) : null
  const pids = family?.pids ?? [pid]
  /** What came of a process may be gone since it was listed; the process itself may not. */
  const ofAll = <What>(read: (one: number) => What): What[] =>
    pids.flatMap((one) => {
      try {
        return [read(one)]
      } catch (error) {
        if (one !== pid && (error as NodeJS.ErrnoException).code !== 'EACCES') return []
        throw error
      }
    })
  const sum = (values: readonly (number | null)[]) => values.reduce<number>((all, value) => all + (value ?? 0), 0)

  view(['threads', 'rss'], () => {
    const statuses = ofAll((one) => (one === pid ? status : statusOf(one)) ?? '')
    const all = (name: string) => statuses.map((status) => statusField(status, name))
    return { threads: sum(all('Threads')), rss: sum(all('VmRSS')) * kB }
  })
  view(['fds', 'sockets'], () => {
    const all = ofAll((one) => readDescriptors(one, one === pid ? channelFd : null))
    const byKind: Record<string, number> = {}
    for (const one of all) for (const kind in one.byKind) byKind[kind] = (byKind[kind] ?? 0) + (one.byKind[kind] ?? 0)
    detail.fds = byKind
    // A socket that several processes hold is one.
    const inodes = new Set(all.flatMap((one) => [...one.inodes]))
    if (withPeers) detail.sockets = socketDetail(pid, inodes)
    return { fds: sum(all.map(({ fds }) => fds)), sockets: inodes.size }
  })
  view(['children'], () => {
    const { pids: all, unreaped } = family ?? readFamily(pid, { tree })
    return { children: all.length - 1 + unreaped }
  })
  if (!lean) view(['pss'], () => ({ pss: sum(ofAll(proportionalSetSize)) }))
  if (named && readings.threads) detail.threads = threadNames(pids, readings.threads)
  const ownRss = status === null ? null : statusField(status, 'VmRSS')
  return { readings, unread, detail, ownRss: ownRss === null ? null : ownRss * kB, gone }
}
