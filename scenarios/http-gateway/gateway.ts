/**
 * A small web service in front of etcd, as many have one: `GET /keys/NAME` answers with the value of a key. Where its client
 * comes from is each scenario's own.
 */
import fastify, { type FastifyInstance } from 'fastify'
import type { EtcdClient } from '../dcs-client/etcd-client.ts'

/** Has something done with a client, from wherever it comes. */
export type WithClient = <Done>(work: (client: EtcdClient) => Promise<Done>) => Promise<Done>

export type Gateway = { readonly url: string; close(): Promise<void> }

/** @param routes what it answers to. Listens on a port of loopback that is free. */
export async function startGateway(routes: (server: FastifyInstance) => void): Promise<Gateway> {
  const server = fastify()
  routes(server)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  return { url, close: () => server.close() }
}

export const keys = (withClient: WithClient) => (server: FastifyInstance) => {
  server.get<{ Params: { key: string } }>('/keys/:key', ({ params }) =>
    withClient(async (client) => ({ key: params.key, value: await client.get(params.key) })),
  )
}
