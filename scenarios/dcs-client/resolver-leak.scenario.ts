/**
 * The story holdwater began with. `patronictl list -W` built a client on every refresh, each client its resolver, and
 * each resolver a thread. Closing the client closes its connections; nobody stops the resolver, so every cycle leaves
 * a worker thread behind, until the process dies of "can't start new thread" (patroni issue 3202, fixed in 4.0.4).
 */
import { defineScenario } from 'holdwater'
import { DnsCachingResolver } from './dns-caching-resolver.ts'
import { EtcdClient } from './etcd-client.ts'

export default defineScenario({
  title: 'a client whose resolver starts a thread that nobody stops',
  needs: { etcd: true },
  expect: 'leaking',
  async cycle({ etcd }) {
    const client = new EtcdClient(etcd.endpoints[0] as string, new DnsCachingResolver())
    await client.put('holdwater/resolver', 'leak')
    await client.close()
  },
})
