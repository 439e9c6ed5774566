// What async_hooks sees: every handle, timer, worker and request, also unref'd ones, when it is made and when it ends.
import { createHook } from 'node:async_hooks'
import { noteCall } from './asked.js'
import { causeHere, remember, stackHere } from './stacks.js'

/** Node's types, by the kind a person knows. What is not here is only remembered as a cause. @type {Record<string, string>} */
const kinds = {
  TCPWRAP: 'TCP socket',
  TCPSERVERWRAP: 'TCP server',
  PIPEWRAP: 'pipe',
  PIPESERVERWRAP: 'pipe server',
  UDPWRAP: 'UDP socket',
  TLSWRAP: 'TLS session',
  HTTP2SESSION: 'HTTP/2 session',
  MESSAGEPORT: 'message port',
  PROCESSWRAP: 'child process',
  FSEVENTWRAP: 'file watcher',
  STATWATCHER: 'file watcher',
  SIGNALWRAP: 'signal watcher',
  FILEHANDLE: 'file handle',
  DIRHANDLE: 'directory handle',
  TTYWRAP: 'terminal',
  FSREQCALLBACK: 'file request',
  FSREQPROMISE: 'file request',
  GETADDRINFOREQWRAP: 'name request',
  QUERYWRAP: 'name request',
  TCPCONNECTWRAP: 'connect request',
  PIPECONNECTWRAP: 'connect request',
  PBKDF2REQUEST: 'crypto request',
  SCRYPTREQUEST: 'crypto request',
  ZLIB: 'compression stream',
}

/** @typedef {{ kind: string, stack: number, object: WeakRef<object> | null }} Made */
/** @type {Map<number, Made>} */
const live = new Map()

/** Whose objects say themselves that they are closed: async_hooks tells of their end only when they are collected. @type {Record<string, (object: any) => boolean>} */
const isClosed = {
  'file handle': (handle) => handle.fd === -1,
  timeout: (timer) => timer._destroyed === true,
  interval: (timer) => timer._destroyed === true,
}

/** @param {string} type @param {any} resource */
const kindOf = (type, resource) =>
  type === 'Timeout' ? (typeof resource._repeat === 'number' ? 'interval' : 'timeout') : kinds[type]

/** Stacks of promises, which are only causes, are captured freely for so long, and then for a share of the time: some code makes 10,000 a millisecond. */
const FREE_MS = 1000
const PROMISES_SHARE = 0.4
const now = performance.now.bind(performance)
let spent = 0

/** The stack of a promise: its own while there is time for that, else null. @param {Function} above @param {number} from */
function stackOfPromise(above, from) {
  const started = now()
  if (spent > FREE_MS + PROMISES_SHARE * (started - from)) return null
  const stack = stackHere(above)
  spent += now() - started
  return stack
}

/** @param {{ calls: boolean }} options `calls`: what is made says that a call was made, too */
export function watchAsyncResources({ calls }) {
  // What nobody's code was called for, on behalf of a server, is a connection that it accepted.
  const accepted = (/** @type {string} */ type, /** @type {number} */ trigger, /** @type {number | null} */ stack) => {
    const by = stack === 0 && (type === 'TCPWRAP' || type === 'PIPEWRAP') ? live.get(trigger) : undefined
    return by && (by.kind === 'TCP server' || by.kind === 'pipe server') ? by : null
  }

  const from = now()
  createHook({
    init: function init(id, type, trigger, resource) {
      const own = type === 'PROMISE' ? stackOfPromise(init, from) : stackHere(init)
      if (calls && own !== null) noteCall(own)
      const server = accepted(type, trigger, own)
      const kind = server ? 'accepted socket' : kindOf(type, resource)
      // Else that of what it runs on behalf of.
      const stack = server?.stack ?? own ?? causeHere()
      remember(resource, stack)
      if (kind) live.set(id, { kind, stack, object: kind in isClosed ? new WeakRef(resource) : null })
      // One that was opened synchronously has its stack.
      if (kind === 'directory handle' && stack === 0) unowned.push(id)
    },
    destroy(id) {
      live.delete(id)
    },
  }).enable()
}

/** Directories that were opened and not yet told of, the oldest first: their objects do not say which is theirs. @type {number[]} */
const unowned = []

/** What is made by the runtime itself, when its thread is done, has no stack: that of the call is its own. @param {number} id @param {number} stack */
export function adopt(id, stack) {
  const made = live.get(id)
  if (made) made.stack = stack
}
/** @param {number} stack */
export function adoptDirectory(stack) {
  const id = unowned.shift()
  if (id !== undefined) adopt(id, stack)
}

/** @param {(kind: string, what: string | null, stack: number, count: number, id?: string, endsAfterMs?: number) => void} count */
export function countAsyncResources(count) {
  for (const [id, { kind, stack, object }] of live) {
    const resource = /** @type {any} */ (object?.deref())
    if (object && (resource === undefined || isClosed[kind]?.(resource))) live.delete(id)
    else count(kind, null, stack, 1, undefined, kind === 'timeout' ? resource._idleTimeout : undefined)
  }
}
