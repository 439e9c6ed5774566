/**
 * `GET /keys/NAME/change` answers when the key changes, as a long poll does: until then the gateway holds a watch on it.
 */
import type { Etcd3 } from 'etcd3'
import type { FastifyInstance } from 'fastify'

/** @param cancels a watch ends with its request, also where the client hung up; else only with an answer */
export const changes =
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
