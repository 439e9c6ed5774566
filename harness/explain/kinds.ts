/** What a ledger counts, and where a report shows it. One line a kind. */
import { isRowOf } from '../model.ts'

export type Kind = {
  /** The rows it shows on, the most telling first. `*`: any name from there on. */
  shows: readonly string[]
  /** The call that would release one. */
  release: string | null
  unit?: 'bytes'
}

const socket = ['sockets', 'fds', 'etcd.connections']
const socketKind: Kind = { shows: socket, release: 'destroy()' }
const server: Kind = { shows: ['sockets', 'fds'], release: 'close()' }
const request: Kind = { shows: ['requests'], release: null }
const pattern = (...shows: string[]): Kind => ({ shows, release: null })

/** The other end of what somebody opened, and in the same process no cause but a consequence. */
export const ACCEPTED = 'accepted socket'

/** In the order in which one stands for all that one stack made: a worker comes with its message port, not the other way round. */
export const kinds: Readonly<Record<string, Kind>> = {
  worker: { shows: ['workers', 'threads', 'fds'], release: 'terminate()' },
  thread: { shows: ['threads'], release: 'stopping and join()ing it' },
  // With all that it holds itself.
  'child process': { shows: ['children', 'handles', 'threads', 'sockets', 'fds'], release: 'kill()' },
  lease: { shows: ['etcd.leases'], release: 'revoke()' },
  watcher: { shows: ['etcd.watchers'], release: 'cancel()' },
  // By a server in the target itself: it stands for the sessions on it, which have the stack of the server, too.
  [ACCEPTED]: { shows: ['sockets', 'fds'], release: 'closing either end' },
  'HTTP/2 session': { shows: socket, release: 'close()' },
  'TLS session': socketKind,
  'TCP socket': socketKind,
  'TCP server': server,
  'UDP socket': server,
  pipe: socketKind,
  'pipe server': server,
  socket: { ...socketKind, release: 'close()' },
  'file descriptor': { shows: ['fds'], release: 'fs.close()' },
  'file handle': { shows: ['fds'], release: 'close()' },
  'directory handle': { shows: ['fds'], release: 'close()' },
  file: { shows: ['fds'], release: 'close()' },
  interval: { shows: ['timers'], release: 'clearInterval()' },
  timeout: { shows: ['timers'], release: 'clearTimeout()' },
  'file watcher': { shows: ['handles'], release: 'close()' },
  'signal watcher': { shows: ['handles'], release: 'process.off()' },
  'message port': { shows: ['handles'], release: 'close()' },
  terminal: { shows: ['handles'], release: 'destroy()' },
  listener: { shows: ['listeners'], release: 'off()' },
  // Of an EventTarget, which has no `off`.
  'event listener': { shows: ['listeners'], release: 'removeEventListener()' },
  'file request': request,
  'name request': request,
  'connect request': request,
  'crypto request': request,
  'compression stream': { shows: ['external', 'heap'], release: 'close()' },
  buffer: { shows: ['external', 'rss', 'pss'], release: null, unit: 'bytes' },
  allocation: { shows: ['heap', 'instances:*', 'rss', 'pss', 'external'], release: null, unit: 'bytes' },
  call: { shows: ['server.*'], release: null },
  // Of these only a name is known, no stack.
  'thread name': pattern('threads'),
  'child name': pattern('children'),
  peer: pattern('sockets', 'fds', 'etcd.connections'),
  path: pattern('fds'),
  key: { shows: ['etcd.keys'], release: 'delete()' },
  object: pattern('instances:*', 'heap', 'external'),
}

const order = Object.keys(kinds)
/** What a kind is counted in. */
export const unitOf = (kind: string): 'count' | 'bytes' => kinds[kind]?.unit ?? 'count'
export const kindRank = (kind: string): number => order.indexOf(kind)

/** Growth of memory, and of what only the scenario can count, may have any cause… */
const isOpen = (resource: string) => /^(heap|external|native|rss|pss|server\..*|instances:.*)$/.test(resource)
/** …but memory of this process is no cause of what a server keeps. */
const isCause = (kind: string, resource: string) => unitOf(kind) === 'count' || !resource.startsWith('server.')

/** Of a resource there may be rows of single processes, too. */
const isRow = (resource: string, name: string) => resource === name || isRowOf(resource, name)

/** Of the resources that leak, those that a kind shows on. */
export function shownOn(kind: string, leaking: readonly string[]): string[] {
  const { shows } = kinds[kind] ?? { shows: [] }
  const named = leaking.filter((resource) =>
    shows.some((name) => (name.endsWith('*') ? resource.startsWith(name.slice(0, -1)) : isRow(resource, name))),
  )
  // In the order of the table.
  const by = (resource: string) => shows.findIndex((name) => isRow(resource, name) || name.endsWith('*'))
  if (named.length > 0) return named.sort((a, b) => by(a) - by(b))
  return leaking.every(isOpen) ? leaking.filter((resource) => isCause(kind, resource)) : []
}
