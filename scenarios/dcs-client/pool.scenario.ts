/**
 * Clients from a pool (npm `tarn`, the one below knex): the pool makes, keeps and destroys them, a borrower only gives
 * back. The number of clients is bounded by the pool's `max` instead of by everybody's care. It starts empty and fills as
 * borrowers meet, which is its warm-up; `teardown` drains it, and it closes what it holds.
 */
import { defineScenario } from 'holdwater'
import { Pool } from 'tarn'
import { logLife } from './life-log.ts'
import { OwningClient } from './owning-client.ts'

const MOST = 4

export default defineScenario({
  title: 'clients borrowed from a pool',
  needs: { etcd: true },
  // Long enough for the pool to fill.
  warmup: 100,
  setup({ etcd }) {
    const pool = new Pool<OwningClient>({
      create: async () => new OwningClient(etcd.endpoints[0] as string),
      destroy: (client) => client.close(),
      min: 0,
      max: MOST,
    })
    return { pool, life: logLife('pool', () => ({ used: pool.numUsed(), free: pool.numFree() })) }
  },
  async cycle({ fixture: { pool } }) {
    // One borrower more than there are clients: the last one waits.
    const borrowers = Array.from({ length: MOST + 1 }, async () => {
      const client = await pool.acquire().promise
      try {
        await client.put('holdwater/client', 'pooled')
      } finally {
        pool.release(client)
      }
    })
    await Promise.all(borrowers)
  },
  async teardown({ fixture: { pool, life } }) {
    await pool.destroy()
    life.stopped()
  },
})
