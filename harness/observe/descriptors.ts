/** The descriptors of a process, by kind, and its sockets, by state and peer. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** `socket:[4711]` → socket, `anon_inode:[eventpoll]` → eventpoll, `/var/log/x` → file. */
const kindOf = (link: string): string =>
  link.startsWith('/') ? 'file' : (/^anon_inode:\[?([^\]]+)\]?$/.exec(link)?.[1] ?? link.split(':')[0] ?? 'unknown')

/** @throws for a process that is gone, or whose descriptors are not ours to read */
export function readDescriptors(
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
export function socketDetail(pid: number, inodes: ReadonlySet<string>): Record<string, number> {
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
