/** The process of a wire: forwards bytes between clients and servers, and answers for names, as it is told. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { decode, encode } from 'dns-packet'

/** What becomes of connections. */
export type WireState = {
  /** `refuse`: nobody listens; what is connected stays. `reset`: what is or gets connected is reset. */
  does: 'forward' | 'refuse' | 'reset' | 'blackhole'
  /** What every answer of the server is late by. */
  delayMs: number
  /** What becomes of questions for a name, and what an answer is late by. */
  dns: 'answer' | 'fail'
  dnsDelayMs: number
}
type Line = { port: number; to: string }
export type WireAsk = { open: readonly Line[] } | { state: Partial<WireState> }
export type WireAnswer = { failed: string | null; dns: number }

const NORMAL: WireState = { does: 'forward', delayMs: 0, dns: 'answer', dnsDelayMs: 0 }
let state = NORMAL
/** Pending while nothing is let through. */
let mute = Promise.withResolvers<void>()
mute.resolve()
const clients = new Set<Socket>()
let listening: Server[] = []
const listenNoMore = () => {
  for (const server of listening) server.close()
  listening = []
}

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
      listening.push(server)
      resolve()
    })
  })

let lines: readonly Line[] = []
let dnsPort = 0

async function become(next: Partial<WireState>): Promise<void> {
  const was = state.does
  state = { ...NORMAL, ...next }
  if (state.does !== 'blackhole') mute.resolve()
  else if (was !== 'blackhole') mute = Promise.withResolvers()
  if (state.does === 'refuse') listenNoMore()
  else if (was === 'refuse') await Promise.all(lines.map(listen))
  if (state.does === 'reset') for (const client of clients) client.resetAndDestroy()
}

/** Answers every question for an IPv4 address with that of loopback. */
const names = createSocket('udp4', async (message, { port, address }) => {
  const { id, questions = [] } = decode(message)
  const [question] = questions
  if (!question) return
  const { dns, dnsDelayMs } = state
  if (dnsDelayMs > 0) await wait(dnsDelayMs)
  const answers = question.type === 'A' ? [{ type: 'A' as const, name: question.name, ttl: 0, data: '127.0.0.1' }] : []
  const said = dns === 'fail' ? { flags: SERVFAIL } : { answers }
  names.send(encode({ type: 'response', ...(id === undefined ? {} : { id }), questions, ...said }), port, address)
})
const SERVFAIL = 2

async function open(wanted: readonly Line[]): Promise<void> {
  if (dnsPort === 0) {
    names.bind(0, '127.0.0.1')
    await once(names, 'listening')
    dnsPort = names.address().port
  }
  try {
    await Promise.all(wanted.map(listen))
    lines = wanted
  } catch (error) {
    listenNoMore()
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
  process.send?.({ failed, dns: dnsPort } satisfies WireAnswer)
})
process.on('disconnect', () => process.exit())
