/**
 * Clients that hang up half way: each asks to be told of the next change of a key, and leaves before there is one. The
 * gateway cancels its watch when it has answered, which it never does: nobody told it that the client is gone.
 *
 * What we found: one watcher of etcd per request, with its listeners and memory; the sockets are not kept.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'
import { changes } from './changes.ts'
import { startGateway } from './gateway.ts'

export default defineScenario({
  title: 'a web service whose clients hang up, and that goes on for them',
  needs: { etcd: true },
  expect: 'leaking',
  async setup({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    return { client, gateway: await startGateway(changes(client, { cancels: false })) }
  },
  load: { url: ({ fixture }) => `${fixture.gateway.url}/keys/demo/change`, connections: 40, hangUpAfter: '40ms' },
  async teardown({ fixture: { client, gateway } }) {
    await gateway.close()
    client.close()
  },
})
