/** What every etcd that holdwater starts has in common, in a process or in a container. */
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { EtcdIdentity } from '../model.ts'
import { askEtcd, etcdAnswers, etcdVersion, leaveEtcd } from './api.ts'
import type { StartedEtcd } from './started.ts'

const ANSWER_WITHIN_MS = 30_000
const POLL_MS = 20
/** Somebody may take a free port between our look and etcd's bind. */
export const TRIES = 3

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return ports
}

/** The flags of a cluster of one. @param listen address that it serves clients on */
export function memberFlags(at: { listen: string; client: number; peer: number; dataDir: string }): string[] {
  const peers = `http://127.0.0.1:${at.peer}`
  const flags = {
    'data-dir': at.dataDir,
    'listen-client-urls': `http://${at.listen}:${at.client}`,
    'advertise-client-urls': `http://127.0.0.1:${at.client}`,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    logger: 'zap',
    'log-level': 'error',
  }
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
}

/** Waits until it serves. @throws when it leaves, or does not serve in time; the message says which */
async function untilHealthy(endpoint: string, ended: Promise<unknown>, readyWithinMs: number): Promise<void> {
  const deadline = Date.now() + readyWithinMs
  let left = false
  ended.then(() => (left = true))
  while (Date.now() < deadline) {
    if (left) throw new Error('it left while starting')
    const health = await askEtcd(endpoint, '/health', null, 1000).catch(() => '')
    if (health.includes('true')) return
    await wait(POLL_MS)
  }
  throw new Error(`it did not serve within ${readyWithinMs / 1000} s`)
}

/**
 * An etcd that was started, once it serves.
 * @param ended resolves when it has left, with how
 * @param release ends it and removes all that was its own
 * @throws when it does not come to serve
 */
export async function startedEtcd(started: {
  provider: EtcdIdentity['provider']
  readyWithinMs: number
  port: number
  pid: number | null
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  pace?: number
  ended: Promise<string>
  release(): Promise<void>
}): Promise<StartedEtcd> {
  const endpoint = `http://127.0.0.1:${started.port}`
  await untilHealthy(endpoint, started.ended, started.readyWithinMs)
  let releasing = false
  return {
    provider: started.provider,
    version: await etcdVersion(endpoint, ANSWER_WITHIN_MS),
    endpoints: [endpoint],
    hosts: [`127.0.0.1:${started.port}`],
    pid: started.pid,
    exclusive: true,
    pace: started.pace ?? null,
    answers: () => etcdAnswers(endpoint, ANSWER_WITHIN_MS),
    died: new Promise((resolve) => {
      started.ended.then((how) => {
        if (!releasing) resolve(`etcd died (${how})`)
      })
    }),
    async [Symbol.asyncDispose]() {
      releasing = true
      leaveEtcd(endpoint)
      await started.release()
    },
  }
}
