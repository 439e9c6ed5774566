/**
 * The second cure: one reference-counted resolver for all clients (sharing-client.ts). `setup` holds one client for the
 * whole run, as a daemon would, so the resolver starts once; without it the last client of each cycle would stop it.
 */
import { defineScenario } from 'holdwater'
import { SharingClient } from './sharing-client.ts'

export default defineScenario({
  title: 'clients that share one reference-counted resolver',
  needs: { etcd: true },
  setup: ({ etcd }) => new SharingClient(etcd.endpoints[0] as string),
  async cycle({ etcd }) {
    await using client = new SharingClient(etcd.endpoints[0] as string)
    await client.put('holdwater/resolver', 'shared')
  },
  teardown: ({ fixture: held }) => held.close(),
})
