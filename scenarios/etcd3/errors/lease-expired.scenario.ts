/** TODO */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a lease that expires while etcd is paused, close()',
  needs: { etcd: true },
  resolution: '1/10',
  cycles: 200,
  faults: [{ do: 'pause', every: 10, for: '2s', within: '10ms' }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    const lease = client.lease(1)
    lease.on('lost', () => {})
    try {
      await lease.put('holdwater/lease').value('1')
      await lease.revoke()
    } finally {
      client.close()
    }
  },
})
