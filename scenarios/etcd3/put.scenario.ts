/**
 * npm `etcd3`, used as its README says. `Etcd3` owns the gRPC channels it opens; `close()` gives them back, and with
 * only a put between the two nothing is left.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client, one put, close()',
  needs: { etcd: true },
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    await client.put('holdwater/put').value('1')
    client.close()
  },
})
