/**
 * The cure for `etcd3/lease`: what the client handed out is given back before it is closed. The watch is cancelled, which
 * ends its stream, and the lease revoked, which clears its keep-alive timers and takes it off the server; `close()` then
 * has only idle channels to end, and nothing grows: no socket, timer or descriptor here, no lease or watcher there. So
 * in `etcd3` 1.1.2 `close()` alone ends neither leases nor watches, while `revoke()` and `cancel()` do.
 *
 * Not quite at once, though: the watch manager takes the end of the cancelled stream for a lost connection and sets two
 * timers to reconnect, of about 100 ms each, which find nothing to watch when they fire. Checkpoints wait for them.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

const LEASE_SECONDS = 10

export default defineScenario({
  title: 'etcd3: as etcd3/lease, the lease revoked and the watch cancelled before close()',
  needs: { etcd: true },
  // Five requests and two streams a cycle make some 55 cycles a second, fewer on a busy machine.
  resolution: '1/200',
  for: '2m',
  async cycle({ etcd, index }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    const lease = client.lease(LEASE_SECONDS)
    await lease.put(`holdwater/lease/${index % 10}`).value('1')
    const watcher = await client.watch().key('holdwater/watched').create()
    await watcher.cancel()
    await lease.revoke()
    client.close()
  },
})
