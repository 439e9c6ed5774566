/**
 * What `patronictl list -W` did before Patroni 4.0.4: every refresh makes a client and the client a resolver, whose
 * thread starts at once. Closing the client closes its connections; the resolver belongs to nobody and is never stopped.
 */
import { defineScenario } from 'holdwater'
import { getCluster, printCluster, putCluster } from './cluster.ts'
import { DnsCachingResolver } from './dns-caching-resolver.ts'
import { EtcdClient } from './etcd-client.ts'
import { OwningClient } from './owning-client.ts'

export default defineScenario({
  title: 'list -W: a client per refresh whose resolver nobody stops',
  needs: { etcd: true },
  expect: 'leaking',
  async setup({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await putCluster(client)
  },
  async cycle({ etcd }) {
    const client = new EtcdClient(etcd.endpoints[0] as string, new DnsCachingResolver())
    printCluster(await getCluster(client))
    await client.close()
  },
})
