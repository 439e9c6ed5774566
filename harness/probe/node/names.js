// Only where DNS is to fail: names of holdwater's own are asked of holdwater's own DNS server, over UDP, by the resolver
// that Node brings (c-ares); all others of the system, as ever. Nobody may tell the system's resolver another server and
// port. An `--import`, so that workers have it, too: it is loaded before anything can keep `dns.lookup`.
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'

const own = /\.holdwater\.test$/
const port = new URL(import.meta.url).searchParams.get('port')
/** Longer than any answer is late. */
const PATIENCE_MS = 60_000

/** @type {dns.Resolver | undefined} */
let resolver
/** @param {string} name @returns {Promise<string[]>} */
const ask = (name) =>
  new Promise((resolve, reject) => {
    if (!resolver) {
      resolver = new dns.Resolver({ timeout: PATIENCE_MS, tries: 1 })
      resolver.setServers([`127.0.0.1:${port}`])
    }
    resolver.resolve4(name, (error, addresses) => {
      if (!error) resolve(addresses)
      // What getaddrinfo says of a server that fails, and of a name that is not.
      else
        reject(
          Object.assign(new Error(`getaddrinfo ${codeOf(error)} ${name}`), { code: codeOf(error), hostname: name }),
        )
    })
  })
/** @param {NodeJS.ErrnoException} error */
const codeOf = ({ code }) => (code === 'ENOTFOUND' ? 'ENOTFOUND' : 'EAI_AGAIN')

const system = { lookup: dns.lookup, promised: dns.promises.lookup }

/** @param {string} name @param {any} [options] */
async function lookupPromised(name, options = {}) {
  if (!own.test(name)) return system.promised(name, options)
  const found = (await ask(name)).map((address) => ({ address, family: 4 }))
  return options.all ? found : found[0]
}

/** @param {string} name @param {any} options @param {any} [callback] */
function lookup(name, options, callback = options) {
  if (!own.test(name)) return system.lookup(name, options, callback)
  lookupPromised(name, options).then(
    (/** @type {any} */ found) => (options.all ? callback(null, found) : callback(null, found.address, found.family)),
    (error) => callback(error),
  )
  return {}
}

Object.assign(dns, { lookup: Object.assign(lookup, { [promisify.custom]: lookupPromised }) })
Object.assign(dns.promises, { lookup: lookupPromised })
syncBuiltinESMExports()
