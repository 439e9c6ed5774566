/** Refused connections: the request fails, `await using` closes the client and stops its resolver. Nothing grows. */
import { defineScenario } from 'holdwater'
import { OwningClient } from '../owning-client.ts'

export default defineScenario({
  title: 'EtcdClient: a put, close(), while connections are refused',
  needs: { etcd: true },
  resolution: '1/10',
  cycles: 200,
  faults: [{ do: 'refuse', every: 12, cycles: 4 }],
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await client.put('holdwater/errors', '1')
  },
})
