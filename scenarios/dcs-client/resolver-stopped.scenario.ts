/** The first cure: a client that owns its resolver and stops it when it is closed. See owning-client.ts. */
import { defineScenario } from 'holdwater'
import { OwningClient } from './owning-client.ts'

export default defineScenario({
  title: 'a client that stops its resolver when it is closed',
  needs: { etcd: true },
  // Starting and ending a thread takes some 30 ms: one leak in 1,000 cycles would take minutes to rule out.
  resolution: '1/100',
  for: '3m',
  async cycle({ etcd }) {
    await using client = new OwningClient(etcd.endpoints[0] as string)
    await client.put('holdwater/resolver', 'stopped')
  },
})
