/**
 * npm `etcd3` 1.1.2: a client whose watch loses its etcd is not let go by `close()`. The watch manager takes the lost stream
 * for one to open again (`WatchManager.handleError`): it sets a timer, tries, fails, and sets the next, longer each time, for
 * as long as etcd is away, and none of them is cleared when the client is closed, nor when the watch is cancelled: one or two
 * timers a client, and what they hold. When etcd is back the watch is there again, of a client that nobody has any more.
 * We know of no issue about it upstream.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a watch, a put, the watch cancelled, close(), etcd restarted meanwhile',
  needs: { etcd: true },
  expect: 'leaking',
  resolution: '1/10',
  cycles: 500,
  faults: [{ do: 'restart', every: 10, within: '35ms' }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    try {
      const watcher = await client.watch().key('holdwater/watched').create()
      await wait(30)
      await client.put('holdwater/errors').value('1')
      await watcher.cancel()
    } finally {
      client.close()
    }
  },
})
