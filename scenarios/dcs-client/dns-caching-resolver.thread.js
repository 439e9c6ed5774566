// The resolver's thread: a host name in, its addresses out. Plain JavaScript: stripping types in every new thread
// would double the time a cycle takes.
import { lookup } from 'node:dns/promises'
import { parentPort } from 'node:worker_threads'

/** @typedef {{ host: string, addresses: string[] } | { host: string, error: string }} Resolved */

parentPort?.on('message', async (/** @type {string} */ host) => {
  /** @type {Resolved} */
  let resolved
  try {
    resolved = { host, addresses: (await lookup(host, { all: true })).map(({ address }) => address) }
  } catch (error) {
    resolved = { host, error: String(error) }
  }
  parentPort?.postMessage(resolved)
})
