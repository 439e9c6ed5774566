/**
 * What `patronictl list -W` does, cured: every refresh makes a client, gets the cluster and prints a table. Here the
 * client owns its resolver and stops it on close (owning-client.ts), so a refresh leaves nothing behind.
 */
import { defineScenario } from 'holdwater'
import { getCluster, printCluster, putCluster } from './cluster.ts'
import { OwningClient } from './owning-client.ts'

export default defineScenario({
  title: 'list -W: a client per refresh that stops its resolver',
  needs: { etcd: true },
  // Every refresh starts and ends a thread, some 30 ms.
  resolution: '1/100',
  for: '3m',
  async setup({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await putCluster(client)
  },
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    printCluster(await getCluster(client))
  },
})
