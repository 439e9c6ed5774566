/**
 * `GET /keys/NAME/change` answers when the key changes, as a long poll does: until then the gateway holds a watch on it.
 */
import { Etcd3 } from 'etcd3'
import type { FastifyInstance } from 'fastify'
import type { Context } from 'holdwater'
import { type Gateway, startGateway } from './gateway.ts'

type Fixture = { readonly client: Etcd3; readonly gateway: Gateway }

/** What the two scenarios of clients that hang up have in common: all but whether the gateway stops for them. */
export const hangingUp = ({ cancels }: { cancels: boolean }) => ({
  needs: { etcd: true },
  async setup({ etcd }: Pick<Context<Fixture>, 'etcd'>): Promise<Fixture> {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    return { client, gateway: await startGateway(changes(client, { cancels })) }
  },
  load: {
    url: ({ fixture }: Context<Fixture>) => `${fixture.gateway.url}/keys/demo/change`,
    connections: 40,
    hangUpAfter: '40ms',
  },
  async teardown({ fixture: { client, gateway } }: Context<Fixture>) {
    await gateway.close()
    client.close()
  },
})

/** @param cancels a watch ends with its request, also where the client hung up; else only with an answer */
const changes =
  (client: Etcd3, { cancels }: { cancels: boolean }) =>
  (server: FastifyInstance) => {
    server.get<{ Params: { key: string } }>('/keys/:key/change', async ({ params }, reply) => {
      const gone = new AbortController()
      // Of the answer, not of the request, which is closed as soon as it has been read.
      if (cancels) reply.raw.once('close', () => gone.abort(new Error('the client has hung up')))
      const watcher = await client.watch().key(params.key).create()
      try {
        const value = await new Promise<string>((resolve, reject) => {
          watcher.once('put', ({ value }) => resolve(value.toString()))
          gone.signal.addEventListener('abort', () => reject(gone.signal.reason))
          if (gone.signal.aborted) reject(gone.signal.reason)
        })
        return { key: params.key, value }
      } finally {
        await watcher.cancel()
      }
    })
  }
