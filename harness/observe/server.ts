/** The server view: what etcd holds, as differences from before the run. A missed deadline is no reading. */
import { askEtcd } from '../dcs/api.ts'
import type { StartedEtcd } from '../dcs/started.ts'
import { messageOf } from '../errors.ts'
import type { Readings } from '../model.ts'
import { countSockets } from './kernel.ts'

const DEADLINE_MS = 2000
const everyKey = { key: 'AA==', range_end: 'AA==', count_only: true } // from \0 to \0: all keys

export type ServerReading = { readings: Readings; unread: Record<string, string> }

type Source = (endpoint: string) => Promise<number>
const sources: Record<string, Source> = {
  'etcd.leases': async (endpoint) => {
    const { leases } = JSON.parse(await askEtcd(endpoint, '/v3/lease/leases', {}, DEADLINE_MS)) as {
      leases?: unknown[]
    }
    return leases?.length ?? 0
  },
  'etcd.watchers': async (endpoint) => {
    const metrics = await askEtcd(endpoint, '/metrics', null, DEADLINE_MS)
    const match = /^etcd_debugging_mvcc_watcher_total (\S+)$/m.exec(metrics)
    if (!match) throw new Error('this etcd has no metric etcd_debugging_mvcc_watcher_total')
    return Number(match[1])
  },
  'etcd.keys': async (endpoint) => {
    const { count } = JSON.parse(await askEtcd(endpoint, '/v3/kv/range', everyKey, DEADLINE_MS)) as { count?: string }
    return Number(count ?? 0)
  },
}

/** Reads an etcd before the run and returns what reads the differences from then on. */
export async function openServerView(etcd: StartedEtcd): Promise<{ read(): Promise<ServerReading> }> {
  const [endpoint = ''] = etcd.endpoints

  async function readNow(): Promise<ServerReading> {
    const readings: Readings = {}
    const unread: Record<string, string> = {}
    // One after the other, over one connection: asked side by side they would open more, and we count connections.
    for (const [name, source] of Object.entries(sources)) {
      try {
        readings[name] = await source(endpoint)
      } catch (error) {
        readings[name] = null
        unread[name] = messageOf(error)
      }
    }
    readings['etcd.connections'] = etcd.pid === null ? null : countSockets(etcd.pid)
    if (readings['etcd.connections'] === null)
      unread['etcd.connections'] = 'the connections of an etcd are seen only where holdwater started it, on Linux'
    return { readings, unread }
  }

  const before = (await readNow()).readings
  return {
    async read() {
      const { readings, unread } = await readNow()
      for (const [name, now] of Object.entries(readings)) {
        const then = before[name]
        readings[name] = now === null || then == null ? null : now - then
        if (then == null && now !== null) unread[name] = 'it could not be read before the run'
      }
      return { readings, unread }
    },
  }
}
