/** What every etcd that holdwater starts has in common, in a process or in a container. */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { EtcdIdentity } from '../model.ts'
import { openAccount } from './account.ts'
import { askEtcd, etcdAnswers, etcdVersion, hangUp, leaveEtcd, reachEtcd } from './api.ts'
import { CERTIFICATE, type Certificates, KEY } from './certificates.ts'
import type { Server, StartedEtcd } from './started.ts'

const ANSWER_WITHIN_MS = 30_000
const POLL_MS = 20
/** Somebody may take a free port between our look and etcd's bind. */
export const TRIES = 3

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

/** The flags of a cluster of one. @param listen address that it serves clients on */
export function memberFlags(at: {
  listen: string
  client: number
  peer: number
  dataDir: string
  /** Folder of its certificate, with TLS. */
  tls: string | null
  auth: boolean
}): string[] {
  const scheme = at.tls === null ? 'http' : 'https'
  const peers = `http://127.0.0.1:${at.peer}`
  const flags = {
    'data-dir': at.dataDir,
    'listen-client-urls': `${scheme}://${at.listen}:${at.client}`,
    'advertise-client-urls': `${scheme}://127.0.0.1:${at.client}`,
    ...(at.tls === null ? {} : { 'cert-file': join(at.tls, CERTIFICATE), 'key-file': join(at.tls, KEY) }),
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    // Passwords that live as long as the run need no costly hash.
    ...(at.auth ? { 'bcrypt-cost': '4' } : {}),
    logger: 'zap',
    'log-level': 'error',
    // Alone it elects itself: after 1 s, unless told otherwise. So it starts in 0.1 s instead of 0.4, and in 0.3 s again.
    'heartbeat-interval': '20',
    'election-timeout': '200',
  }
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
}

/** Waits until it serves. @throws when it leaves, or does not serve in time; the message says which */
async function untilHealthy(endpoint: string, ended: Promise<unknown>, readyWithinMs: number): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  let left = false
  ended.then(() => (left = true))
  while (Date.now() < deadline) {
    if (left) throw new Error('it left while starting; perhaps its port is taken')
    const health = await askEtcd(endpoint, '/health', null, 1000).catch(() => '')
    if (health.includes('true')) return
    await wait(POLL_MS)
  }
  throw new Error(`it did not serve within ${readyWithinMs / 1000} s`)
}

/** One life of a server: from a start to its end. */
export type Life = {
  /** Where it can be looked at from here. */
  pid: number | null
  /** Resolves when it has left, with how. */
  ended: Promise<string>
}
/** How a provider starts and stops a server. */
export type Member = Omit<Server, 'start'> & { start(): Promise<Life> }

/**
 * An etcd that was started, once it serves.
 * @param member starts it again on the same port and data
 * @param release ends it and removes all that was its own
 * @throws when it does not come to serve
 */
export async function startedEtcd(started: {
  provider: EtcdIdentity['provider']
  readyWithinMs: number
  port: number
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  pace?: number
  tls: Certificates | null
  auth: boolean
  life: Life
  member: Member
  release(): Promise<void>
}): Promise<StartedEtcd> {
  const { member, readyWithinMs, tls } = started
  const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${started.port}`
  reachEtcd(endpoint, { ca: tls?.ca ?? null, user: null })
  const { promise: died, resolve: tellDeath } = Promise.withResolvers<string>()
  let { life } = started
  /** It was told to end, for good or for a while. */
  let isAsked = false
  const serve = async () => {
    const { ended } = life
    await untilHealthy(endpoint, ended, readyWithinMs)
    isAsked = false
    ended.then((how) => {
      if (!isAsked) tellDeath(`etcd died (${how})`)
    })
  }
  await serve()
  const account = started.auth ? await openAccount(endpoint, tls?.ca ?? null) : null
  return {
    provider: started.provider,
    version: await etcdVersion(endpoint, ANSWER_WITHIN_MS),
    endpoints: [endpoint],
    hosts: [`127.0.0.1:${started.port}`],
    get pid() {
      return life.pid
    },
    exclusive: true,
    pace: started.pace ?? null,
    answers: () => etcdAnswers(endpoint, ANSWER_WITHIN_MS),
    died,
    tls,
    account,
    server: {
      ...member,
      async stop(signal) {
        isAsked = true
        await member.stop(signal)
        await life.ended
        // The connection that was kept to it is gone.
        hangUp(endpoint)
      },
      async start() {
        life = await member.start()
        await serve()
      },
    },
    async [Symbol.asyncDispose]() {
      isAsked = true
      leaveEtcd(endpoint)
      await started.release()
    },
  }
}
