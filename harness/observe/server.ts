/** The server view: what etcd holds, as differences from before the run. A missed deadline is no reading. */
import { askEtcd } from '../dcs/api.ts'
import type { StartedEtcd } from '../dcs/started.ts'
import { messageOf } from '../errors.ts'
import type { Readings } from '../model.ts'
import { countSockets } from './descriptors.ts'

const DEADLINE_MS = 2000
const everyKey = { key: 'AA==', range_end: 'AA==', count_only: true } // from \0 to \0: all keys

export type ServerReading = {
  readings: Readings
  unread: Record<string, string>
  /** What became of the server since it was last read, where something did. */
  reset: Reset | null
}
/** Whether it forgot what it held, or only whom it was connected to. */
export type Reset = { kind: 'server-reset' | 'server-restart'; text: string }

/** Asked one after the other, over one connection: side by side they would open more, and we count connections. */
const questions = {
  leases: (endpoint: string) => askEtcd(endpoint, '/v3/lease/leases', {}, DEADLINE_MS),
  metrics: (endpoint: string) => askEtcd(endpoint, '/metrics', null, DEADLINE_MS),
  keys: (endpoint: string) => askEtcd(endpoint, '/v3/kv/range', everyKey, DEADLINE_MS),
}
type Answers = Record<keyof typeof questions, string>

/** Keys looked at for their pattern. */
const MOST_KEYS = 10_000
type LeasesAnswer = { leases?: { ID: string }[] }

/** The numbers of the leases that live. @throws when etcd does not answer */
export const listLeases = async (endpoint: string): Promise<string[]> =>
  ((JSON.parse(await questions.leases(endpoint)) as LeasesAnswer).leases ?? []).map(({ ID }) => ID)

/** Names of the keys there are, the newest first. @throws when etcd does not answer */
export async function listKeys(endpoint: string): Promise<string[]> {
  const ask = { ...everyKey, count_only: false, keys_only: true, limit: MOST_KEYS, sort_order: 2, sort_target: 2 }
  const { kvs = [] } = JSON.parse(await askEtcd(endpoint, '/v3/kv/range', ask, DEADLINE_MS)) as {
    kvs?: { key: string }[]
  }
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString())
}

const metric = (metrics: string, name: string): number => {
  const match = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)
  if (!match) throw new Error(`this etcd has no metric ${name}`)
  return Number(match[1])
}

type KeysAnswer = { count?: string; header?: { revision?: string } }
/** Each count, from the answer to one question. */
/** `each`: of every node by itself. */
const counts: Record<string, { of: keyof Answers; each?: true; count: (answer: string) => number }> = {
  'etcd.leases': { of: 'leases', count: (text) => (JSON.parse(text) as LeasesAnswer).leases?.length ?? 0 },
  'etcd.watchers': { of: 'metrics', each: true, count: (text) => metric(text, 'etcd_debugging_mvcc_watcher_total') },
  'etcd.keys': { of: 'keys', count: (text) => Number((JSON.parse(text) as KeysAnswer).count ?? 0) },
}

/** What tells one life of an etcd from the next: when it started, and how far its history goes. */
type Life = { started: number; revision: number }

function lifeOf({ metrics, keys }: { metrics: string | null; keys: string | null }): Life | null {
  if (!metrics || !keys) return null
  const started = Number(/^process_start_time_seconds (\S+)$/m.exec(metrics)?.[1] ?? 0)
  return { started, revision: Number((JSON.parse(keys) as KeysAnswer).header?.revision ?? 0) }
}

function resetBetween(before: Life | null, now: Life | null): Reset | null {
  if (!before || !now) return null
  if (now.revision < before.revision)
    return { kind: 'server-reset', text: `etcd lost its data: revision ${now.revision} after ${before.revision}` }
  return now.started === before.started ? null : { kind: 'server-restart', text: 'etcd was restarted' }
}

/** The lives of all members as one: what is said of any of them. */
function resetAmong(before: readonly (Life | null)[], now: readonly (Life | null)[]): Reset | null {
  const resets = now.flatMap((life, i) => resetBetween(before[i] ?? null, life) ?? [])
  return resets.find(({ kind }) => kind === 'server-reset') ?? resets[0] ?? null
}

const sum = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((all, count) => (all === null || count === null ? null : all + count), 0 as number | null)

/** Reads an etcd, all its nodes, before the run and returns what reads the differences from then on. */
export async function openServerView({
  endpoints,
  pids,
}: Pick<StartedEtcd, 'endpoints' | 'pids'>): Promise<{ read(): Promise<ServerReading> }> {
  let lives: (Life | null)[] = []

  /** One question to one node. */
  async function ask(name: keyof Answers, endpoint: string, failures: Partial<Answers>): Promise<string | null> {
    try {
      return await questions[name](endpoint)
    } catch (error) {
      failures[name] = messageOf(error)
      return null
    }
  }

  async function readNow(): Promise<ServerReading> {
    const readings: Readings = {}
    const unread: Record<string, string> = {}
    const failures: Partial<Answers> = {}
    const answers = []
    for (const endpoint of endpoints) {
      const leases = await ask('leases', endpoint, failures)
      const metrics = await ask('metrics', endpoint, failures)
      const keys = await ask('keys', endpoint, failures)
      answers.push({ leases, metrics, keys })
    }
    for (const [name, { of, count, each }] of Object.entries(counts))
      try {
        const told = answers.map((answer) => answer[of])
        // What belongs to the cluster is told by any of its members; the rest is each one's own.
        const counted = (each ? told : [told.find((answer) => answer !== null) ?? null]).map((answer) =>
          answer === null ? null : count(answer),
        )
        readings[name] = sum(counted)
        if (readings[name] === null) unread[name] = failures[of] ?? 'etcd gave no answer'
      } catch (error) {
        readings[name] = null
        unread[name] = messageOf(error)
      }
    readings['etcd.connections'] = sum(pids().map((pid) => (pid === null ? null : countSockets(pid))))
    if (readings['etcd.connections'] === null)
      unread['etcd.connections'] = 'the connections of an etcd are seen only where holdwater started it, on Linux'
    const now = answers.map(lifeOf)
    const reset = resetAmong(lives, now)
    lives = now.map((life, i) => life ?? lives[i] ?? null)
    return { readings, unread, reset }
  }

  const before = (await readNow()).readings
  return {
    async read() {
      const { readings, unread, reset } = await readNow()
      for (const [name, now] of Object.entries(readings)) {
        const then = before[name]
        readings[name] = now === null || then == null ? null : now - then
        if (then == null && now !== null) unread[name] = 'it could not be read before the run'
      }
      return { readings, unread, reset }
    },
  }
}
