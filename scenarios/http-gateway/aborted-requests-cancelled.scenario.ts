/**
 * The cure of `aborted-requests`: a request ends with its connection, and its watch with the request.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'
import { changes } from './changes.ts'
import { startGateway } from './gateway.ts'

export default defineScenario({
  title: 'a web service whose clients hang up, and that stops for them',
  needs: { etcd: true },
  async setup({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    return { client, gateway: await startGateway(changes(client, { cancels: true })) }
  },
  load: { url: ({ fixture }) => `${fixture.gateway.url}/keys/demo/change`, connections: 40, hangUpAfter: '40ms' },
  async teardown({ fixture: { client, gateway } }) {
    await gateway.close()
    client.close()
  },
})
