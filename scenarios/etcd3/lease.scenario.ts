/**
 * npm `etcd3` 1.1.2: `close()` is the documented way to release a client, but a lease and a watch that are still open
 * keep what they own: the lease its keep-alive timers, the watch its stream, and both the socket below. The server
 * sees a lease that is kept alive for as long as the process lives.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

const LEASE_SECONDS = 10

export default defineScenario({
  title: 'etcd3: a client, a lease, a put with it, a watch, close()',
  needs: { etcd: true },
  expect: 'leaking',
  async cycle({ etcd, index }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    const lease = client.lease(LEASE_SECONDS)
    lease.on('lost', () => {}) // without a listener, a lost lease would end the process
    await lease.put(`holdwater/lease/${index % 10}`).value('1')
    await client.watch().key('holdwater/watched').create()
    client.close()
  },
})
