/** The process of a wire: forwards bytes between clients and servers, as it is told. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** What becomes of connections. */
export type WireState = {
  /** `refuse`: nobody listens, and what was connected is closed. `reset`: what is or gets connected is reset. */
  does: 'forward' | 'refuse' | 'reset' | 'blackhole'
  /** What every answer of the server is late by. */
  delayMs: number
}
type Line = { port: number; to: string }
export type WireAsk = { open: readonly Line[] } | { state: WireState }
export type WireAnswer = { failed: string | null }

let state: WireState = { does: 'forward', delayMs: 0 }
/** Pending while nothing is let through. */
let mute = Promise.withResolvers<void>()
mute.resolve()
const clients = new Set<Socket>()
let listening: { server: Server; port: number }[] = []

/** Bytes in the order they came, each as late as it is told. */
function gate(delays: boolean): Transform {
  let last: Promise<unknown> = Promise.resolve()
  const late = async (due: number) => {
    await mute.promise
    const ms = due - performance.now()
    if (ms > 0) await wait(ms)
  }
  return new Transform({
    transform(chunk, _, done) {
      const due = performance.now() + (delays ? state.delayMs : 0)
      last = last.then(() => late(due)).then(() => void this.push(chunk))
      done()
    },
    flush(done) {
      last.then(() => mute.promise).then(() => done())
    },
  })
}

function forward(client: Socket, to: string): void {
  if (state.does === 'reset') {
    client.resetAndDestroy()
    return
  }
  clients.add(client)
  client.once('close', () => clients.delete(client))
  const { hostname, port } = new URL(`tcp://${to}`)
  const server = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
  // What one side does to its connection is done to the other.
  for (const way of [pipeline(client, gate(false), server), pipeline(server, gate(true), client)])
    way.catch(() => {
      client.destroy()
      server.destroy()
    })
}

const listen = ({ port, to }: Line) =>
  new Promise<void>((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => forward(client, to))
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      listening.push({ server, port })
      resolve()
    })
  })

let lines: readonly Line[] = []

async function become(next: WireState): Promise<void> {
  const was = state.does
  state = next
  if (state.does !== 'blackhole') mute.resolve()
  else if (was !== 'blackhole') mute = Promise.withResolvers()
  if (state.does === 'refuse') {
    for (const { server } of listening) server.close()
    listening = []
    for (const client of clients) client.destroy()
  } else if (was === 'refuse') await Promise.all(lines.map(listen))
  if (state.does === 'reset') for (const client of clients) client.resetAndDestroy()
}

async function open(wanted: readonly Line[]): Promise<void> {
  try {
    await Promise.all(wanted.map(listen))
    lines = wanted
  } catch (error) {
    for (const { server } of listening) server.close()
    listening = []
    throw error
  }
}

process.on('message', async (ask: WireAsk) => {
  let failed: string | null = null
  try {
    await ('open' in ask ? open(ask.open) : become(ask.state))
  } catch (error) {
    failed = `the proxy to etcd cannot listen: ${(error as Error).message}`
  }
  process.send?.({ failed } satisfies WireAnswer)
})
process.on('disconnect', () => process.exit())
