/** An etcd of our own: one member, or several that are a cluster, by any provider. */
import { setTimeout as wait } from 'node:timers/promises'
import { EnvironmentError, messageOf } from '../errors.ts'
import { openAccount } from './account.ts'
import { askEtcd, etcdAnswers, etcdVersion, hangUp, leaveEtcd, reachEtcd } from './api.ts'
import { freePorts, type Member, type Place, type Provider } from './member.ts'
import type { Server, StartedEtcd, StartOptions } from './started.ts'

const ANSWER_WITHIN_MS = 30_000
const POLL_MS = 20
/** Somebody may take a free port between our look and etcd's bind. */
export const TRIES = 3
const isTaken = /address already in use|port is already allocated|it left while starting/

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

async function freePlaces(nodes: number): Promise<Place[]> {
  const ports = await freePorts(2 * nodes)
  return Array.from({ length: nodes }, (_, i) => ({
    name: `node${i + 1}`,
    client: ports[2 * i] as number,
    peer: ports[2 * i + 1] as number,
  }))
}

/** A member in its lives, which can be ended and begun again. */
function openServer(member: Member, endpoint: string, readyWithinMs: number, tellDeath: (how: string) => void) {
  let { life } = member
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
  const server: Server = {
    pause: member.pause,
    resume: member.resume,
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
  }
  return {
    server,
    serve,
    pid: () => life.pid,
    async release() {
      isAsked = true
      leaveEtcd(endpoint)
      await member.release()
    },
  }
}

async function startOnce(
  provider: Provider,
  { tls, auth, nodes, readyWithinMs }: Pick<StartOptions, 'tls' | 'auth' | 'nodes' | 'readyWithinMs'>,
): Promise<StartedEtcd> {
  const places = await freePlaces(nodes)
  const ca = tls?.ca ?? null
  const endpoints = places.map(({ client }) => `${tls ? 'https' : 'http'}://127.0.0.1:${client}`)
  for (const endpoint of endpoints) reachEtcd(endpoint, { ca, user: null })
  const { promise: died, resolve: tellDeath } = Promise.withResolvers<string>()
  const members: Member[] = []
  try {
    for (const place of places) members.push(await provider.start({ place, cluster: places, auth }, tls))
    const servers = members.map((member, i) => openServer(member, endpoints[i] as string, readyWithinMs, tellDeath))
    await Promise.all(servers.map(({ serve }) => serve()))
    const [endpoint = ''] = endpoints
    return {
      provider: provider.provider,
      version: await etcdVersion(endpoint, ANSWER_WITHIN_MS),
      endpoints,
      hosts: places.map(({ client }) => `127.0.0.1:${client}`),
      pids: () => servers.map(({ pid }) => pid()),
      exclusive: true,
      pace: provider.pace,
      answers: () => etcdAnswers(endpoint, ANSWER_WITHIN_MS),
      died,
      tls,
      account: auth ? await openAccount(endpoints, ca) : null,
      servers: servers.map(({ server }) => server),
      async [Symbol.asyncDispose]() {
        await Promise.all(servers.map(({ release }) => release()))
      },
    }
  } catch (error) {
    const words = await Promise.all(members.map(({ lastWords }) => lastWords().catch(() => '')))
    await Promise.all(members.map(({ release }) => release()))
    const said = words.find((text) => text !== '') ?? ''
    throw new Error(`${messageOf(error)}${said && `. It said: ${said.replaceAll('\n', '\n    ')}`}`, { cause: error })
  }
}

/** @throws EnvironmentError when it does not come to serve */
export async function startCluster(provider: Provider, options: StartOptions): Promise<StartedEtcd> {
  if (options.nodes > 1 && !provider.clusters)
    throw new EnvironmentError(`${provider.failed}: its members would not reach each other`)
  for (let attempt = 1; ; attempt++)
    try {
      return await startOnce(provider, options)
    } catch (error) {
      if (attempt < TRIES && isTaken.test(messageOf(error))) continue
      throw new EnvironmentError(`${provider.failed}: ${messageOf(error)}`, { cause: error })
    }
}
