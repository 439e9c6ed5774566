/**
 * A gateway that makes a client for every request and closes it when it has answered. Each client has its resolver, and a
 * resolver is a thread that closing the client does not stop: what `patronictl list -W` did at every refresh, this does at
 * every request.
 *
 * What we found: one worker thread per request, so that a guard of 2,000 threads is met after 2,000 requests.
 */
import { defineScenario } from 'holdwater'
import { DnsCachingResolver } from '../dcs-client/dns-caching-resolver.ts'
import { EtcdClient } from '../dcs-client/etcd-client.ts'
import { keys, startGateway } from './gateway.ts'

export default defineScenario({
  title: 'a web service that makes a client per request, and leaves its thread',
  needs: { etcd: true },
  expect: 'leaking',
  setup: ({ etcd }) =>
    startGateway(
      keys(async (work) => {
        const client = new EtcdClient(etcd.endpoints[0] as string, new DnsCachingResolver())
        try {
          return await work(client)
        } finally {
          await client.close()
        }
      }),
    ),
  load: { url: ({ fixture }) => `${fixture.url}/keys/demo`, connections: 4 },
  teardown: ({ fixture }) => fixture.close(),
})
