/** A name that cannot be looked up: the resolver answers with an error, and is stopped with its client. Nothing grows. */
import { defineScenario } from 'holdwater'
import { OwningClient } from '../owning-client.ts'

export default defineScenario({
  title: 'EtcdClient: a put, close(), while the name of etcd cannot be looked up',
  needs: { etcd: true },
  resolution: '1/10',
  cycles: 200,
  faults: [{ do: 'dns-failure', every: 12, cycles: 4 }],
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await client.put('holdwater/errors', '1')
  },
})
