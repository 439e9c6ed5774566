/**
 * npm `etcd3` 1.1.2: a call with a deadline ends when it is over, whatever etcd does, and `close()` lets go of the connection.
 * Without `defaultCallOptions` a call has no deadline: it would wait for as long as etcd is paused.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

const WITHIN_MS = 100

export default defineScenario({
  title: 'etcd3: one put with a deadline, close(), etcd paused for longer',
  needs: { etcd: true },
  resolution: '1/20',
  cycles: 400,
  faults: [{ do: 'pause', every: 25, cycles: 4 }],
  async cycle({ etcd }) {
    const client = new Etcd3({
      hosts: [...etcd.hosts],
      defaultCallOptions: () => ({ deadline: Date.now() + WITHIN_MS }),
    })
    try {
      await client.put('holdwater/errors').value('1')
    } finally {
      client.close()
    }
  },
})
