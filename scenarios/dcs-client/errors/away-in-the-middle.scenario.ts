/** A connection that is reset under a request fails it, and is gone with it. Nothing grows. */
import { defineScenario } from 'holdwater'
import { OwningClient } from '../owning-client.ts'

export default defineScenario({
  title: 'EtcdClient: a put, close(), while its connection is reset',
  needs: { etcd: true },
  // What etcd holds for connections ends with each fault: too little lies between them to judge it.
  budget: { 'etcd.connections': { level: 'off' }, 'etcd.watchers': { level: 'off' } },
  resolution: '1/10',
  cycles: 200,
  faults: [{ do: 'reset', every: 12, cycles: 4, within: '20ms' }],
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await client.put('holdwater/errors', '1')
  },
})
