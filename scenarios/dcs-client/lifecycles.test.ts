/** Who starts, owns and stops what: counted by the threads that are made and that end. */
import diagnostics from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClientCache } from './client-cache.ts'
import { OwningClient } from './owning-client.ts'
import { SharingClient } from './sharing-client.ts'

const endpoint = 'http://127.0.0.1:1'
const threads = { made: 0, live: 0 }
const onWorker = (message: unknown) => {
  threads.made++
  threads.live++
  ;(message as { worker: Worker }).worker.once('exit', () => threads.live--)
}
beforeAll(() => diagnostics.subscribe('worker_threads', onWorker))
afterAll(() => diagnostics.unsubscribe('worker_threads', onWorker))

describe('a client that owns its resolver', () => {
  it('stops it on close, and at the end of `await using`', async () => {
    const before = threads.made
    {
      await using _ = new OwningClient(endpoint)
      await new OwningClient(endpoint).close()
    }
    expect([threads.made - before, threads.live]).toEqual([2, 0])
  })
})

describe('clients that share a resolver', () => {
  it('start it with the first and stop it with the last', async () => {
    const before = threads.made
    const clients = [1, 2, 3].map(() => new SharingClient(endpoint))
    expect([threads.made - before, threads.live]).toEqual([1, 1])
    await clients[0]?.close()
    await clients[0]?.close() // closing twice releases once
    await clients[1]?.close()
    expect(threads.live).toBe(1)
    await clients[2]?.close()
    expect(threads.live).toBe(0)
  })

  it('start another after the last one has gone', async () => {
    const before = threads.made
    await new SharingClient(endpoint).close()
    await new SharingClient(endpoint).close()
    expect([threads.made - before, threads.live]).toEqual([2, 0])
  })
})

describe('a cache of clients', () => {
  it('keeps one per (scope, group) and closes them all', async () => {
    const before = threads.made
    {
      await using cache = new ClientCache(endpoint)
      expect(cache.get('demo', null)).toBe(cache.get('demo', null))
      expect(cache.get('demo', 0)).not.toBe(cache.get('demo', null))
      expect(cache.get('other', 0)).not.toBe(cache.get('demo', 0))
      expect(threads.live).toBe(3)
    }
    expect([threads.made - before, threads.live]).toEqual([3, 0])
  })
})
