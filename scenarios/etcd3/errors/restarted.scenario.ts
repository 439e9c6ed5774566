/** TODO */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a watch, a put, the watch cancelled, close(), etcd restarted meanwhile',
  needs: { etcd: true },
  resolution: '1/20',
  cycles: 500,
  faults: [{ do: 'restart', every: 25, within: '10ms' }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    try {
      const watcher = await client.watch().key('holdwater/watched').create()
      await client.put('holdwater/errors').value('1')
      await watcher.cancel()
    } finally {
      client.close()
    }
  },
})
