// What async_hooks sees: every handle, timer, worker and request, also unref'd ones, when it is made and when it ends.
import { createHook } from 'node:async_hooks'
import { remember, stackHere } from './stacks.js'

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

export function watchAsyncResources() {
  createHook({
    init: function init(id, type, _trigger, resource) {
      const stack = stackHere(init)
      remember(resource, stack)
      const kind = kindOf(type, resource)
      if (kind) live.set(id, { kind, stack, object: kind in isClosed ? new WeakRef(resource) : null })
    },
    destroy(id) {
      live.delete(id)
    },
  }).enable()
}

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countAsyncResources(count) {
  for (const [id, { kind, stack, object }] of live) {
    const resource = object?.deref()
    if (object && (resource === undefined || isClosed[kind]?.(resource))) live.delete(id)
    else count(kind, null, stack, 1)
  }
}
