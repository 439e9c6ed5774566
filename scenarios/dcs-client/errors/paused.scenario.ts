/**
 * An etcd that does not answer for longer than a cycle may take: this client has no deadline, so its request waits until etcd
 * goes on, and the cycle fails for being late. Nothing grows.
 */
import { defineScenario } from 'holdwater'
import { OwningClient } from '../owning-client.ts'

export default defineScenario({
  title: 'EtcdClient: a put, close(), while etcd is paused',
  needs: { etcd: true },
  cycleTimeout: '500ms',
  // On a busy machine one without a fault takes as long now and then: at 200 ms ten of 53 did beside a load of twelve.
  maxFailedCycles: '10 %',
  resolution: '1/10',
  cycles: 340,
  faults: [{ do: 'pause', every: 12, for: '800ms' }],
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await client.put('holdwater/errors', '1')
  },
})
