/** A member of an etcd that holdwater starts, in a process or in a container: what all of them have in common. */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { EtcdIdentity } from '../model.ts'
import { CERTIFICATE, type Certificates, KEY } from './certificates.ts'
import type { Server } from './started.ts'

/** Where the kernel takes the ports of outgoing connections from begins here, unless it says otherwise. */
const FIRST_OUTGOING = 32_768
const FIRST_PORT = 10_000

function firstOutgoing(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0]) || FIRST_OUTGOING
  } catch {
    return FIRST_OUTGOING
  }
}

/**
 * Ports of loopback that nobody listens on, below those of outgoing connections: while a server is away, a client that
 * tries again could otherwise be given its port, and even connect to itself.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(FIRST_PORT, Math.max(FIRST_PORT + 1000, firstOutgoing()))
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    ports.add(port)
  }
  return [...ports]
}

/** Where one member of a cluster is, or the only one. */
export type Place = { name: string; client: number; peer: number }

const peerUrl = ({ peer }: Place) => `http://127.0.0.1:${peer}`

/** How a member is told where it stands. */
export type MemberOptions = {
  place: Place
  /** All of its cluster, itself included. */
  cluster: readonly Place[]
  auth: boolean
}

/**
 * The flags of a member.
 * @param inner how it is placed where it runs: the address and port that it serves clients on, its data, and the folder of its
 *   certificate, with TLS
 */
export function memberFlags(
  { place, cluster, auth }: MemberOptions,
  inner: { listen: string; port: number; dataDir: string; tls: string | null },
): string[] {
  const scheme = inner.tls === null ? 'http' : 'https'
  // Alone it elects itself: after 1 s, unless told otherwise. So it starts in 0.1 s instead of 0.4, and in 0.3 s again.
  const [heartbeat, election] = cluster.length === 1 ? [20, 200] : [100, 1000]
  const flags = {
    name: place.name,
    'data-dir': inner.dataDir,
    'listen-client-urls': `${scheme}://${inner.listen}:${inner.port}`,
    'advertise-client-urls': `${scheme}://127.0.0.1:${place.client}`,
    ...(inner.tls === null ? {} : { 'cert-file': join(inner.tls, CERTIFICATE), 'key-file': join(inner.tls, KEY) }),
    'listen-peer-urls': peerUrl(place),
    'initial-advertise-peer-urls': peerUrl(place),
    'initial-cluster': cluster.map((member) => `${member.name}=${peerUrl(member)}`).join(),
    // Passwords that live as long as the run need no costly hash.
    ...(auth ? { 'bcrypt-cost': '4' } : {}),
    logger: 'zap',
    'log-level': 'error',
    'heartbeat-interval': heartbeat,
    'election-timeout': election,
  }
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
}

/** One life of a server: from a start to its end. */
export type Life = {
  /** Where it can be looked at from here. */
  pid: number | null
  /** Resolves when it has left, with how. */
  ended: Promise<string>
}

/** A member that was started. */
export type Member = Omit<Server, 'start'> & {
  life: Life
  /** Starts it again on the same port and data. */
  start(): Promise<Life>
  /** Its last words, where it has any. */
  lastWords(): Promise<string>
  /** Ends it and removes all that was its own. */
  release(): Promise<void>
}

/** What a provider is: where members run, and how one is started. */
export type Provider = {
  provider: EtcdIdentity['provider']
  /** What went wrong, of a cluster that did not come to serve. */
  failed: string
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  pace: number | null
  /** Members can reach each other. */
  clusters: boolean
  start(member: MemberOptions, tls: Certificates | null): Promise<Member>
}
