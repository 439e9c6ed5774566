/**
 * The kernel view: what /proc says of a process, from outside. If the kernel can answer, ask the kernel: it disturbs
 * nothing. Reads are synchronous: each is a copy out of kernel memory, and the target is idle at a checkpoint.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import type { CheckpointLine, Detail, Readings } from '../model.ts'
import type { Family } from '../processes/family.ts'
import { procLacks, statusField } from '../processes/proc.ts'
import { readDescriptors, socketDetail } from './descriptors.ts'

const kB = 1024

/**
 * Opens the cheap reading of one process: threads and resident memory from one small file that is read again and again through one
 * descriptor (16 µs at 8,000 threads, where /proc/PID/stat takes 550), and the number of descriptors, which Linux 6.2
 * and newer keep as the size of /proc/PID/fd. Null when the process is gone, and so is every reading from then on.
 */
function openStatus(pid: number, channelFd: number | null): Timeline | null {
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

type CheapReading = { threads: number; rss: number; fds: number | null }
export type Timeline = { read(): CheapReading | null; close(): void }

/** Opens the cheap reading of a process, or of it and all that comes of it: a sum. Null when the process itself is gone. */
export function openTimeline({ pid, channelFd, family }: Readable): Timeline | null {
  const own = openStatus(pid, channelFd)
  if (!own) return null
  let others = new Map<number, Timeline | null>()
  return {
    read() {
      const sum = own.read()
      if (!sum) return null
      const live = family.live().filter((one) => one !== pid)
      for (const [one, timeline] of others) if (!live.includes(one)) timeline?.close()
      others = new Map(live.map((one) => [one, others.get(one) ?? openStatus(one, null)]))
      for (const timeline of others.values()) {
        const reading = timeline?.read()
        if (!reading) continue
        sum.threads += reading.threads
        sum.rss += reading.rss
        sum.fds = sum.fds === null || reading.fds === null ? null : sum.fds + reading.fds
      }
      return sum
    },
    close() {
      for (const timeline of [own, ...others.values()]) timeline?.close()
    },
  }
}

/** What is read: a process, the channel to the probe in it, a socket that is ours and is not counted, and with whom it is added up. */
export type Readable = { pid: number; channelFd: number | null; family: Family }

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

/** Resident memory of several processes, in bytes, shared pages counted once; of those that are gone, or may not be read, nothing. */
export const sharedOnce = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    try {
      return sum + (proportionalSetSize(pid) ?? 0)
    } catch {
      return sum
    }
  }, 0)

export type KernelReading = {
  readings: Readings
  unread: Record<string, string>
  detail: Detail
  /** Of several processes: each by itself. */
  processes?: CheckpointLine['processes']
  /** Resident memory of the process alone without pages of files, which the kernel takes back when it likes, in bytes. */
  ownMemory: number | null
  /** It has ended: a zombie would read as nothing but zeros. */
  gone: boolean
}

const kernelResources = ['threads', 'fds', 'sockets', 'children', 'rss', 'pss'] as const
type KernelResource = (typeof kernelResources)[number]

export type KernelOptions = {
  /** Also look up state and peer of each socket. */
  withPeers: boolean
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

/** So many processes of a tree are recorded by themselves. */
const MOST_PROCESSES = 50

/**
 * A full reading of the kernel view. What may not be read of a process takes nothing from what may.
 */
export function readKernel(
  { pid, channelFd, family }: Readable,
  { withPeers, lean = false, named = !lean }: KernelOptions,
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
  const { pids, children } = family.read()
  /** What came of a process may be gone since it was listed, or belong to another user; the process itself may not. */
  const ofAll = <What>(read: (one: number) => What): What[] =>
    pids.flatMap((one) => {
      try {
        return [read(one)]
      } catch (error) {
        if (one !== pid) return []
        throw error
      }
    })
  const sum = (values: readonly (number | null)[]) => values.reduce<number>((all, value) => all + (value ?? 0), 0)
  const each: NonNullable<CheckpointLine['processes']> = {}
  const names = family.namesOf(pids.length > 1 ? pids.slice(0, MOST_PROCESSES) : [])
  const note = (one: number, read: Readings) => {
    const id = `${one} ${names.get(one)}`
    if (names.has(one)) each[id] = { ...each[id], ...read }
  }

  view(['threads', 'rss'], () => {
    const statuses = ofAll((one) => {
      const text = (one === pid ? status : statusOf(one)) ?? ''
      const [threads, rss] = [statusField(text, 'Threads'), statusField(text, 'VmRSS')]
      note(one, { threads })
      return { threads, rss }
    })
    return { threads: sum(statuses.map(({ threads }) => threads)), rss: sum(statuses.map(({ rss }) => rss)) * kB }
  })
  view(['fds', 'sockets'], () => {
    const all = ofAll((one) => {
      const read = readDescriptors(one, one === pid ? channelFd : null)
      note(one, { fds: read.fds, sockets: read.inodes.size })
      return read
    })
    const byKind: Record<string, number> = {}
    for (const one of all) for (const kind in one.byKind) byKind[kind] = (byKind[kind] ?? 0) + (one.byKind[kind] ?? 0)
    detail.fds = byKind
    // A socket that several processes hold is one.
    const inodes = new Set(all.flatMap((one) => [...one.inodes]))
    if (withPeers) detail.sockets = socketDetail(pid, inodes)
    return { fds: sum(all.map(({ fds }) => fds)), sockets: inodes.size }
  })
  view(['children'], () => ({ children }))
  if (!lean) view(['pss'], () => ({ pss: sum(ofAll(proportionalSetSize)) }))
  if (named && readings.threads) detail.threads = threadNames(pids, readings.threads)
  const own = status === null ? null : (statusField(status, 'RssAnon') ?? statusField(status, 'VmRSS'))
  return {
    readings,
    unread,
    detail,
    ...(pids.length > 1 && { processes: each }),
    ownMemory: own === null ? null : own * kB,
    gone,
  }
}
