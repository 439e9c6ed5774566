/** TODO */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client, one put, close(), while connections are refused',
  needs: { etcd: true },
  resolution: '1/50',
  cycles: 1000,
  faults: [{ do: 'refuse', every: 50, cycles: 5 }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    try {
      await client.put('holdwater/errors').value('1')
    } finally {
      client.close()
    }
  },
})
