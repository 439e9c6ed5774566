/** An etcd that restarts listens before it serves: a request that comes then waits, and is answered. Nothing grows. */
import { defineScenario } from 'holdwater'
import { OwningClient } from '../owning-client.ts'

export default defineScenario({
  title: 'EtcdClient: a put, close(), while etcd is restarted',
  needs: { etcd: true },
  // What etcd holds for connections ends with each fault: too little lies between them to judge it.
  budget: { 'etcd.connections': { level: 'off' }, 'etcd.watchers': { level: 'off' } },
  resolution: '1/10',
  cycles: 320,
  faults: [{ do: 'restart', every: 12 }],
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await client.put('holdwater/errors', '1')
  },
})
