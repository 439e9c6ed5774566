/**
 * Patroni's actual fix: one cached client per (scope, group), see client-cache.ts. The cycle asks for a client as often
 * as it likes, uses it and leaves it open; `setup` makes the cache and `teardown` closes it with all it holds.
 */
import { defineScenario } from 'holdwater'
import { ClientCache } from './client-cache.ts'

const groups = [null, 0, 1]

export default defineScenario({
  title: 'one cached client per (scope, group): Patroni’s fix',
  needs: { etcd: true },
  setup: ({ etcd }) => new ClientCache(etcd.endpoints[0] as string),
  async cycle({ fixture: cache, index }) {
    await cache.get('demo', groups[index % groups.length] ?? null).put('holdwater/client', 'cached')
  },
  async teardown({ fixture: cache }) {
    await cache[Symbol.asyncDispose]()
  },
})
