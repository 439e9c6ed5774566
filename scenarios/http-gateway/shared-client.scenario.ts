/**
 * The cure of `client-per-request`: the client, and its resolver, belong to the service. All requests share them, and they
 * end with it.
 */
import { defineScenario } from 'holdwater'
import { DnsCachingResolver } from '../dcs-client/dns-caching-resolver.ts'
import { EtcdClient } from '../dcs-client/etcd-client.ts'
import { keys, startGateway } from './gateway.ts'

export default defineScenario({
  title: 'a web service whose requests share one client',
  needs: { etcd: true },
  async setup({ etcd }) {
    const resolver = new DnsCachingResolver()
    const client = new EtcdClient(etcd.endpoints[0] as string, resolver)
    const gateway = await startGateway(keys((work) => work(client)))
    return { gateway, client, resolver }
  },
  resolution: '1/500',
  load: { url: ({ fixture }) => `${fixture.gateway.url}/keys/demo`, rate: 500 },
  async teardown({ fixture: { gateway, client, resolver } }) {
    await gateway.close()
    await client.close()
    await resolver.stop()
  },
})
