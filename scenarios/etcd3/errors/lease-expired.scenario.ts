/**
 * npm `etcd3` 1.1.2: a lease that expired while etcd did not answer is given up. Its `revoke()` fails with `EtcdLeaseInvalidError`,
 * and with it the keep-alive timers are cleared; nothing grows, here or there.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

const LEASE_SECONDS = 1

export default defineScenario({
  title: 'etcd3: a lease that expires while etcd is paused, close()',
  needs: { etcd: true },
  resolution: '1/10',
  cycles: 260,
  faults: [{ do: 'pause', every: 8, for: '1200ms', within: '20ms' }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    const lease = client.lease(LEASE_SECONDS)
    lease.on('lost', () => {})
    try {
      const granted = performance.now()
      await lease.put('holdwater/lease').value('1')
      await wait(20)
      await lease.put('holdwater/lease').value('2')
      // etcd looks for leases that have expired twice a second.
      if (performance.now() - granted > 1000 * LEASE_SECONDS) await wait(700)
      await lease.revoke()
    } finally {
      client.close()
    }
  },
})
