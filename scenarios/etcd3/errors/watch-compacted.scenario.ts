/**
 * npm `etcd3` 1.1.2: a watch from a revision that was compacted away is cancelled by etcd, and the watcher says so with an
 * error. Its stream ends, `close()` closes, and nothing grows.
 */
import { once } from 'node:events'
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a watch from a revision that was compacted, cancelled by etcd, close()',
  needs: { etcd: true },
  resolution: '1/15',
  cycles: 200,
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    try {
      await client.put('holdwater/compacted').value('1')
      const { header } = await client.put('holdwater/compacted').value('2')
      await client.kv.compact({ revision: header.revision })
      const watcher = client.watch().key('holdwater/compacted').startRevision('1').watcher()
      await once(watcher, 'error')
    } finally {
      client.close()
    }
  },
})
