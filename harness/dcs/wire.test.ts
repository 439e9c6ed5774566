import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWarden, type Warden } from '../processes/warden.ts'
import { openWire, type Wire } from './wire.ts'

let warden: Warden
let wire: Wire
const sockets: Socket[] = []
/** What the server has of each connection, in the order they came. */
const served: Socket[] = []
const server = createServer((socket) => {
  served.push(socket)
  socket.on('error', () => {}).pipe(socket)
})

beforeAll(async () => {
  warden = await startWarden()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  wire = await openWire([`127.0.0.1:${(server.address() as { port: number }).port}`], warden)
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await wire[Symbol.asyncDispose]()
  server.close()
  await warden[Symbol.asyncDispose]()
})

const port = () => Number(wire.hosts[0]?.split(':')[1])
async function client(): Promise<Socket> {
  const socket = connect(port(), '127.0.0.1')
  sockets.push(socket.on('error', () => {}))
  await once(socket, 'connect')
  return socket
}
async function echo(socket: Socket, text: string): Promise<string> {
  const data = once(socket, 'data')
  socket.write(text)
  return String((await data)[0])
}
const codeOf = async (socket: Socket) => ((await once(socket, 'error'))[0] as NodeJS.ErrnoException).code

it('forwards, and ends on one side what ends on the other', async () => {
  const one = await client()
  expect(await echo(one, 'a')).toBe('a')
  const ended = once(served.at(-1) as Socket, 'close')
  one.destroy()
  await ended
  const other = await client()
  expect(await echo(other, 'b')).toBe('b')
  const closed = once(other, 'close')
  served.at(-1)?.destroy()
  await closed
})
it('refuse: nobody listens, and what was connected stays', async () => {
  const before = await client()
  await echo(before, 'a')
  await wire.set({ does: 'refuse' })
  expect(await echo(before, 'b')).toBe('b')
  expect(await codeOf(connect(port(), '127.0.0.1'))).toBe('ECONNREFUSED')
  await wire.set({})
  expect(await echo(await client(), 'b')).toBe('b')
})
it('reset: what is connected is reset, and so is what connects', async () => {
  const before = await client()
  await echo(before, 'a')
  const code = codeOf(before)
  await wire.set({ does: 'reset' })
  expect(await code).toBe('ECONNRESET')
  expect(await codeOf(connect(port(), '127.0.0.1'))).toBe('ECONNRESET')
  await wire.set({})
})
it('blackhole: nothing arrives until it is over, and then all of it in its order', async () => {
  const socket = await client()
  await echo(socket, 'a')
  await wire.set({ does: 'blackhole' })
  let heard = ''
  socket.on('data', (data) => (heard += data))
  socket.write('1')
  const late = await client()
  late.write('x')
  expect(heard).toBe('')
  await wire.set({ does: 'blackhole' })
  socket.write('2')
  await wire.set({})
  socket.write('3')
  while (heard.length < 3) await once(socket, 'data')
  expect(heard).toBe('123')
})
it('delay: an answer comes later than one that was sent after it was over', async () => {
  const [slow, quick] = [await client(), await client()]
  await echo(slow, 'a')
  await wire.set({ delayMs: 1000 })
  let heard = false
  const first = echo(slow, 'b').then(() => (heard = true))
  // Once the server has it, its answer is on the way, and late.
  await once(served.at(-2) as Socket, 'data')
  await wire.set({})
  await echo(quick, 'c')
  expect(heard).toBe(false)
  await first
})
it('a port that somebody took meanwhile is said', async () => {
  await wire.set({ does: 'refuse' })
  const thief = createServer().listen(port(), '127.0.0.1')
  await once(thief, 'listening')
  await expect(wire.set({})).rejects.toThrow(/the proxy to etcd cannot listen: .*EADDRINUSE/)
  thief.close()
  await once(thief, 'close')
  await wire.set({ does: 'refuse' })
  await wire.set({})
})
