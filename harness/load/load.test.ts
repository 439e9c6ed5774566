import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWarden, type Warden } from '../processes/warden.ts'
import { isThisMachine, untilListening } from './address.ts'
import { type LoadNews, openLoad } from './load.ts'
import type { Requests } from './load-process.ts'

let warden: Warden
beforeAll(async () => {
  warden = await startWarden()
})
afterAll(async () => {
  await warden[Symbol.asyncDispose]()
})

const wanted: Omit<Requests, 'url'> = {
  method: 'GET',
  headers: {},
  body: null,
  connections: 4,
  timeoutMs: 5000,
  hangUpAfterMs: null,
}

/** A server, and load on it. */
async function serve(answer: RequestListener, how: Partial<typeof wanted> = {}) {
  const sockets = new Set<Socket>()
  let [served, connected] = [0, 0]
  const server = createServer((request, response) => {
    served++
    answer(request, response)
  }).listen(0, '127.0.0.1')
  server.on('connection', (socket) => {
    connected++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server, 'listening')
  const news: LoadNews[] = []
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const load = await openLoad({ ...wanted, ...how, url }, { warden, onNews: (one) => news.push(one) })
  return {
    load,
    news,
    url: new URL(url),
    sockets,
    served: () => served,
    connected: () => connected,
    async [Symbol.asyncDispose]() {
      await load[Symbol.asyncDispose]()
      server.close()
      server.closeAllConnections()
    },
  }
}

describe('load', () => {
  it('sends as many requests as it is told, and times each', async () => {
    await using under = await serve((_, response) => void setTimeout(() => response.end('x'), 5))
    const batch = await under.load.batch(0, 50, 0)
    expect(batch).toMatchObject({ cycles: 50, failed: 0, loaded: { requests: 50, failed: 0, failures: {} } })
    expect(under.served()).toBe(50)
    const { p50 = 0, p99 = 0, max = 0 } = batch.loaded.latency ?? {}
    expect(p50).toBeGreaterThanOrEqual(4)
    expect(p99).toBeGreaterThanOrEqual(p50)
    expect(max).toBeGreaterThanOrEqual(p99)
    expect(batch.batchMs).toBeGreaterThanOrEqual((50 / 4) * 4)
  })

  it('keeps no connection after a batch, and adds up what came since it began', async () => {
    await using under = await serve((_, response) => void response.end())
    await under.load.batch(0, 10, 0)
    under.load.begin()
    await under.load.batch(10, 3, 0)
    const { total } = await under.load.batch(13, 7, 0)
    expect(total.requests).toBe(10)
    for (const socket of under.sockets) await once(socket, 'close')
    expect(under.sockets.size).toBe(0)
  })

  it('tells failures by what they are', async () => {
    let n = 0
    await using under = await serve(
      (request, response) => {
        n++
        if (n % 4 === 0) response.writeHead(503).end()
        else if (n % 4 === 1) request.socket.resetAndDestroy()
        else if (n % 4 === 2) request.socket.end()
        else response.end()
      },
      { connections: 1 },
    )
    const { cycles, failed, loaded } = await under.load.batch(100, 40, 0)
    expect({ cycles, failed }).toEqual({ cycles: 40, failed: 30 })
    expect(loaded.failures).toEqual({ 'HTTP 503': 10, ECONNRESET: 10, 'closed without an answer': 10 })
    const told = under.news.flatMap((one) => (one.tells === 'failed-cycle' ? [`${one.index} ${one.message}`] : []))
    expect(told[0]).toBe(`100 ECONNRESET (GET ${under.url})`)
    expect(told).toHaveLength(21)
    expect(told[20]).toMatch(/^\d+ from here on failed cycles are counted/)
  })

  it('counts and times no request twice where every answer closes its connection', async () => {
    await using under = await serve(
      (_, response) => void setTimeout(() => response.setHeader('connection', 'close').end(), 5),
      { connections: 1 },
    )
    const { cycles, failed, loaded, batchMs } = await under.load.batch(0, 40, 0)
    expect({ cycles, failed, served: under.served() }).toEqual({ cycles: 40, failed: 0, served: 40 })
    // One after the other: half of the 40 took as long as their median at least.
    expect((loaded.latency?.p50 ?? Infinity) * 20).toBeLessThanOrEqual(batchMs * 1.01)
  })

  it('reads an answer that ends with its connection', async () => {
    await using under = await serve((request) => void request.socket.end('HTTP/1.0 200 OK\r\n\r\nhello'))
    const { cycles, failed } = await under.load.batch(0, 40, 0)
    expect({ cycles, failed, served: under.served() }).toEqual({ cycles: 40, failed: 0, served: 40 })
  })

  it.each([
    ['with its length', { 'content-length': 200 }],
    ['in chunks', {}],
  ])('goes on after half an answer %s', async (_, headers) => {
    let n = 0
    await using under = await serve(
      (request, response) => {
        n++
        response.writeHead(200, headers).write('x'.repeat(100))
        if (n % 4 === 0) setTimeout(() => request.socket.resetAndDestroy(), 2)
        else response.end('x'.repeat(100))
      },
      { connections: 1, timeoutMs: 1000 },
    )
    const { cycles, failed, loaded, batchMs } = await under.load.batch(0, 40, 0)
    expect({ cycles, failed }).toEqual({ cycles: 40, failed: 10 })
    expect(loaded.failures).toEqual({ ECONNRESET: 10 })
    expect((loaded.latency?.p50 ?? Infinity) * 15).toBeLessThanOrEqual(batchMs * 1.01)
  })

  it('gives up a request that takes too long, and says so', async () => {
    await using under = await serve(() => {}, { timeoutMs: 60 })
    const { loaded } = await under.load.batch(0, 8, 0)
    expect(loaded).toMatchObject({
      failed: 8,
      failures: { 'no answer within 0.06 s': 8 },
      latency: null,
      hungUp: 0,
    })
  })

  it('hangs up where it is to, half way through an answer, too, and that is no failure', async () => {
    let [n, left] = [0, 0]
    await using under = await serve(
      (_, response) => {
        n++
        if (n % 3 === 0) {
          response.end('whole')
          return
        }
        if (n % 3 === 1) response.writeHead(200, { 'content-length': 200 }).write('half')
        response.once('close', () => left++)
      },
      { hangUpAfterMs: 200, connections: 1 },
    )
    const { cycles, failed, loaded } = await under.load.batch(0, 12, 0)
    expect({ cycles, failed }).toEqual({ cycles: 12, failed: 0 })
    // On a busy machine an answer that is at hand may come too late, too; not all of them.
    expect(loaded.hungUp).toBeGreaterThanOrEqual(8)
    expect(loaded.hungUp).toBeLessThan(12)
    while (left < 8) await wait(5)
  })

  it('is stopped after what is under way, which is answered', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await using under = await serve(async (_, response) => {
      await held
      response.end()
    })
    const batch = under.load.batch(0, Number.MAX_SAFE_INTEGER, 0)
    while (under.served() < 4) await wait(5)
    under.load.stop()
    release()
    expect(await batch).toMatchObject({ cycles: 4, failed: 0 })
  })

  it('sends no faster than it is told, over no more connections, and hangs up on nothing meanwhile', async () => {
    await using under = await serve((_, response) => void response.end(), { hangUpAfterMs: 40, connections: 2 })
    const { batchMs, cycles } = await under.load.batch(0, 10, 50)
    expect(cycles).toBe(10)
    expect(batchMs).toBeGreaterThanOrEqual(450)
    expect(under.connected()).toBeLessThanOrEqual(10)
  })

  it('is stopped while it waits for the next to be due', async () => {
    await using under = await serve((_, response) => void response.end())
    const batch = under.load.batch(0, 1000, 60_000)
    while (under.served() === 0) await wait(5)
    under.load.stop()
    expect((await batch).cycles).toBe(1)
  })

  it('says what autocannon says of its options', async () => {
    await using under = await serve((_, response) => void response.end(), { method: 'QUERY' })
    await expect(under.load.batch(0, 1, 0)).rejects.toThrow(/^autocannon: .*method/)
  })
})

describe('where load goes', () => {
  it.each([
    ['http://127.0.0.1:1/', true],
    ['http://127.9.9.9/', true],
    ['http://[::1]:8080/', true],
    ['http://localhost/', true],
    ['http://192.0.2.1/', false],
    ['http://[2001:db8::1]/', false],
  ])('%s is this machine: %s', async (url, is) => {
    expect(await isThisMachine(new URL(url))).toBe(is)
  })

  it('is waited for, and not for ever, and not once the server has left', async () => {
    await using under = await serve((_, response) => void response.end())
    expect(await untilListening(under.url, 1000, new Promise(() => {}))).toBeNull()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = new URL(`http://127.0.0.1:${port}/`)
    server.close()
    await once(server, 'close')
    expect(await untilListening(url, 100, new Promise(() => {}))).toBe('ECONNREFUSED')
    expect(await untilListening(url, 60_000, Promise.resolve())).toBe('ECONNREFUSED')
    const again = untilListening(url, 60_000, new Promise(() => {}))
    server.listen(port, '127.0.0.1')
    expect(await again).toBeNull()
    server.close()
  })
})
