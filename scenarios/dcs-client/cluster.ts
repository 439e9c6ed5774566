/** What `patronictl list` does with a client: reads a cluster's keys and prints them as a table. */
import { Console } from 'node:console'
import type { EtcdClient } from './etcd-client.ts'

type Member = { name: string; host: string; role: string; state: string }

const SCOPE = 'demo'
const prefix = `/service/${SCOPE}/`
const members: Record<string, Omit<Member, 'name'>> = {
  node1: { host: '10.0.0.1', role: 'Leader', state: 'running' },
  node2: { host: '10.0.0.2', role: 'Replica', state: 'streaming' },
}

/** Puts the keys of a small cluster where a Patroni would. */
export async function putCluster(client: EtcdClient): Promise<void> {
  await client.put(`${prefix}initialize`, '7000000000000000001')
  await client.put(`${prefix}leader`, 'node1')
  for (const [name, member] of Object.entries(members))
    await client.put(`${prefix}members/${name}`, JSON.stringify(member))
}

/** Gets the cluster. @throws when it has no members: then nothing would be shown, and nothing measured */
export async function getCluster(client: EtcdClient): Promise<Member[]> {
  const keys = await client.list(prefix)
  const found = [...keys].flatMap(([key, value]) => {
    const name = /\/members\/(.+)$/.exec(key)?.[1]
    return name ? [{ name, ...(JSON.parse(value) as Omit<Member, 'name'>) }] : []
  })
  if (found.length === 0) throw new Error(`${prefix} has no members`)
  return found
}

const out = new Console(process.stdout)

export function printCluster(cluster: readonly Member[]): void {
  out.log(`+ Cluster: ${SCOPE}`)
  out.table(cluster)
}
