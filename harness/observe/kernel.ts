/**
 * The kernel view: what /proc says of a process, from outside. If the kernel can answer, ask the kernel: it disturbs
 * nothing. Reads are synchronous: each is a copy out of kernel memory, and the target is idle at a checkpoint.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs'
import type { Detail, Readings } from '../model.ts'
import { liveProcesses, procLacks, statusField } from '../processes/proc.ts'

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

/** `socket:[4711]` → socket, `anon_inode:[eventpoll]` → eventpoll, `/var/log/x` → file. */
const kindOf = (link: string): string =>
  link.startsWith('/') ? 'file' : (/^anon_inode:\[?([^\]]+)\]?$/.exec(link)?.[1] ?? link.split(':')[0] ?? 'unknown')

function readDescriptors(
  pid: number,
  ownFd: number | null,
): { fds: number; inodes: Set<string>; byKind: Record<string, number> } {
  const byKind: Record<string, number> = {}
  const inodes = new Set<string>()
  let fds = 0
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    let link: string
    try {
      link = readlinkSync(`/proc/${pid}/fd/${name}`)
    } catch {
      continue // closed since it was listed
    }
    if (Number(name) === ownFd && link.startsWith('socket:')) continue
    fds++
    const kind = kindOf(link)
    byKind[kind] = (byKind[kind] ?? 0) + 1
    if (kind === 'socket') inodes.add(link.slice('socket:['.length, -1))
  }
  return { fds, inodes, byKind }
}

/** How many threads carry each name; listing 8,000 of them takes 75 ms, so only up to a thousand are named. */
const MOST_NAMED_THREADS = 1000
function threadNames(pid: number, threads: number): Record<string, number> {
  const names: Record<string, number> = {}
  if (threads > MOST_NAMED_THREADS) return names
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim()
      names[name] = (names[name] ?? 0) + 1
    } catch {
      // ended since it was listed
    }
  }
  return names
}

const tcpStates = ['', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE']
tcpStates.push('CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING')

/** `0100007F:0938` (little-endian words of hex) → `127.0.0.1:2360`; IPv6 in its own hex. */
const peer = (hex: string): string => {
  const [address = '', port = ''] = hex.split(':')
  const host =
    address.length === 8 ? (address.match(/../g) ?? []).reverse().map((byte) => parseInt(byte, 16)) : [address]
  return `${host.join('.')}:${parseInt(port, 16)}`
}

/** Sockets by state and peer. The tables hold the whole machine's sockets, so this is not read at every checkpoint. */
function socketDetail(pid: number, inodes: ReadonlySet<string>): Record<string, number> {
  const found: Record<string, number> = {}
  const left = new Set(inodes)
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    if (left.size === 0) break
    let text: string
    try {
      text = readFileSync(`/proc/${pid}/net/${table}`, 'latin1')
    } catch {
      continue // no such protocol here
    }
    // `0: 0100007F:9C40 0100007F:0938 01 00000000:00000000 00:00000000 00000000 0 0 123456 …`
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      if (!left.delete(fields[9] ?? '')) continue
      const state = table.startsWith('tcp') ? (tcpStates[parseInt(fields[3] ?? '0', 16)] ?? '?') : ''
      const key = `${table} ${state} ${peer(fields[2] ?? '')}`.replace('  ', ' ')
      found[key] = (found[key] ?? 0) + 1
    }
  }
  if (left.size > 0) found['unix or other'] = left.size
  return found
}

function proportionalSetSize(pid: number): number | null {
  const pss = statusField(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'), 'Pss')
  return pss === null ? null : pss * kB
}

export type KernelReading = { readings: Readings; unread: Record<string, string>; detail: Detail }

const kernelResources = ['threads', 'fds', 'sockets', 'children', 'rss', 'pss'] as const

/**
 * A full reading of the kernel view.
 * @param channelFd the channel to the probe, a socket that is ours and is not counted
 * @param withPeers also look up state and peer of each socket
 */
export function readKernel(
  { pid, channelFd }: { pid: number; channelFd: number | null },
  { withPeers }: { withPeers: boolean },
): KernelReading {
  const unread = (why: string): KernelReading => ({
    readings: Object.fromEntries(kernelResources.map((name) => [name, null])),
    unread: Object.fromEntries(kernelResources.map((name) => [name, why])),
    detail: {},
  })
  if (procLacks) return unread(procLacks)
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const threads = statusField(status, 'Threads')
    const rss = statusField(status, 'VmRSS')
    const { fds, inodes, byKind } = readDescriptors(pid, channelFd)
    const children = liveProcesses().filter(({ parent }) => parent === pid).length
    return {
      readings: {
        threads,
        rss: rss === null ? null : rss * kB,
        pss: proportionalSetSize(pid),
        fds,
        sockets: inodes.size,
        children,
      },
      unread: {},
      detail: {
        threads: threadNames(pid, threads ?? 0),
        fds: byKind,
        ...(withPeers ? { sockets: socketDetail(pid, inodes) } : {}),
      },
    }
  } catch (error) {
    return unread(`/proc/${pid} could not be read (${(error as NodeJS.ErrnoException).code ?? error})`)
  }
}

/** The sockets of a process by state and peer. */
export const countSocketPeers = (pid: number): Record<string, number> =>
  socketDetail(pid, readDescriptors(pid, null).inodes)

/** How many sockets a process holds; null where it cannot be read. */
export function countSockets(pid: number): number | null {
  try {
    return readDescriptors(pid, null).inodes.size
  } catch {
    return null
  }
}
