// What a client asks a server to keep for it: leases and watchers of an etcd, each with the stack of the call that made it.
// Calls are seen where every client's pass, in node:http (the JSON gateway) and node:http2 (gRPC), and only looked at.
import diagnosticsChannel from 'node:diagnostics_channel'
import http2 from 'node:http2'
import { syncBuiltinESMExports } from 'node:module'
import { messagesIn, numbersIn } from './grpc.js'
import { stackHere } from './stacks.js'
import { wrap } from './wrap.js'

/** Of an answer nobody needs more: a lease's number comes first. */
const MOST_BYTES = 65_536

const GRANT = /\/(v3(alpha|beta)?\/lease\/grant|etcdserverpb\.Lease\/LeaseGrant)$/
const WATCH = /\/(v3(alpha|beta)?\/watch|etcdserverpb\.Watch\/Watch)$/

/** The stack of each lease, by its number. @type {Map<string, number>} */
const leases = new Map()
/** One stream of watchers. @typedef {{ stream: WeakRef<{ destroyed: boolean }>, waiting: number[], watchers: Map<number, number> }} Watching */
/** @type {Set<Watching>} */
const watching = new Set()

/**
 * Reads along what comes in, and changes nothing.
 * @param {any} stream @param {(chunk: Buffer) => void} see
 */
function readAlong(stream, see) {
  const { push } = stream
  stream.push = /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
    const [chunk] = args
    if (chunk instanceof Uint8Array) {
      try {
        see(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      } catch {
        // not what it looked like
      }
    }
    return Reflect.apply(push, this, args)
  }
}

/** @param {(chunks: Buffer) => boolean} done called with all that came so far, until it says that it has seen enough */
function gather(done) {
  /** @type {Buffer | null} */
  let all = Buffer.alloc(0)
  return (/** @type {Buffer} */ chunk) => {
    if (!all) return
    all = Buffer.concat([all, chunk])
    if (done(all) || all.length > MOST_BYTES) all = null
  }
}

/** The answer to a grant through the gateway. @param {number} stack */
const jsonGrant = (stack) =>
  gather((all) => {
    const id = /"ID":"(-?\d+)"/.exec(all.toString('latin1'))?.[1]
    if (id) leases.set(id, stack)
    return id !== undefined
  })

/** LeaseGrantResponse: field 2 is the lease's number. @param {number} stack */
const grpcGrant = (stack) =>
  gather((all) => {
    const [message] = messagesIn(all).messages
    const id = message && numbersIn(message).get(2)
    if (id !== undefined) leases.set(String(BigInt.asIntN(64, id)), stack)
    return message !== undefined
  })

/** @param {any} stream @param {number | null} stack of its first watcher, where that is known at once */
function watcherStream(stream, stack) {
  /** @type {Watching} */
  const made = { stream: new WeakRef(stream), waiting: stack === null ? [] : [stack], watchers: new Map() }
  watching.add(made)
  return made
}

/** @param {any} stream of http2 */
function grpcWatch(stream) {
  const made = watcherStream(stream, null)
  for (const method of ['write', 'end']) {
    const original = stream[method]
    const along = /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      const [chunk] = args
      if (chunk instanceof Uint8Array)
        // WatchRequest: field 1 creates a watcher, field 2 cancels one.
        for (const message of messagesIn(Buffer.from(chunk)).messages)
          if (message[0] === 0x0a) made.waiting.push(stackHere(along))
      return Reflect.apply(original, this, args)
    }
    stream[method] = along
  }
  let rest = Buffer.alloc(0)
  readAlong(stream, (chunk) => {
    const { messages, left } = messagesIn(Buffer.concat([rest, chunk]))
    rest = Buffer.from(left)
    for (const message of messages) {
      // WatchResponse: 2 is the watcher's number, 3 says that it was created, 4 that it was cancelled.
      const numbers = numbersIn(message)
      const id = Number(numbers.get(2) ?? 0n)
      if (numbers.get(3)) made.watchers.set(id, made.waiting.shift() ?? 0)
      if (numbers.get(4)) made.watchers.delete(id)
    }
  })
}

export function watchCalls() {
  diagnosticsChannel.subscribe('http.client.request.start', function started(message) {
    const { request } = /** @type {{ request: any }} */ (message)
    const path = String(request.path).replace(/\?.*$/, '')
    if (GRANT.test(path)) request[grantStack] = stackHere(started)
    else if (WATCH.test(path)) watcherStream(request, stackHere(started))
  })
  diagnosticsChannel.subscribe('http.client.response.finish', (message) => {
    const { request, response } = /** @type {{ request: any, response: any }} */ (message)
    if (request[grantStack] !== undefined) readAlong(response, jsonGrant(request[grantStack]))
  })

  // Node exports no class of its sessions: the first one has it.
  let known = false
  wrap(http2, 'connect', (connect) => (...args) => {
    const session = Reflect.apply(connect, http2, args)
    if (!known) wrap(Object.getPrototypeOf(session), 'request', alongRequest)
    known = true
    return session
  })
  syncBuiltinESMExports()
}

/** @param {(...args: any[]) => any} request */
const alongRequest = (request) =>
  /** @this {unknown} */ function along(/** @type {any[]} */ ...args) {
    const stream = Reflect.apply(request, this, args)
    const path = String(args[0]?.[':path'] ?? '')
    if (GRANT.test(path)) readAlong(stream, grpcGrant(stackHere(along)))
    else if (WATCH.test(path)) grpcWatch(stream)
    return stream
  }

const grantStack = Symbol('holdwater.grant')

/** @param {(kind: string, what: string | null, stack: number, count: number, id?: string) => void} count */
export function countCalls(count) {
  // Which of them the server still holds, the server is asked.
  for (const [id, stack] of leases) count('lease', null, stack, 1, id)
  for (const made of watching) {
    const stream = made.stream.deref()
    if (stream === undefined || stream.destroyed) {
      watching.delete(made)
      continue
    }
    for (const stack of [...made.waiting, ...made.watchers.values()]) count('watcher', null, stack, 1)
  }
}
