/**
 * A client of etcd v3 over its JSON gateway, as Patroni's is. It owns its connections; the resolver belongs to whoever
 * made it, and the scenarios beside this file differ in who that is and whether it is ever stopped.
 */
import { Agent, request } from 'node:http'
import type { DnsCachingResolver } from './dns-caching-resolver.ts'

const base64 = (plain: string) => Buffer.from(plain).toString('base64')
const text = (encoded: string) => Buffer.from(encoded, 'base64').toString()

export class EtcdClient {
  #agent = new Agent({ keepAlive: true })
  #endpoint: URL
  #resolver: DnsCachingResolver

  constructor(endpoint: string, resolver: DnsCachingResolver) {
    this.#endpoint = new URL(endpoint)
    this.#resolver = resolver
  }

  async put(key: string, value: string): Promise<void> {
    await this.#ask('/v3/kv/put', { key: base64(key), value: base64(value) })
  }

  async get(key: string): Promise<string | null> {
    const { kvs } = (await this.#ask('/v3/kv/range', { key: base64(key) })) as { kvs?: { value?: string }[] }
    return kvs?.[0] ? text(kvs[0].value ?? '') : null
  }

  /** Every key below a prefix, with its value. */
  async list(prefix: string): Promise<Map<string, string>> {
    const next = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
    const body = { key: base64(prefix), range_end: base64(next) }
    const { kvs = [] } = (await this.#ask('/v3/kv/range', body)) as { kvs?: { key: string; value?: string }[] }
    return new Map(kvs.map(({ key, value = '' }) => [text(key), text(value)]))
  }

  /** Closes the connections. The resolver is not this client's to stop. */
  async close(): Promise<void> {
    this.#agent.destroy()
  }

  async #ask(path: string, body: object): Promise<unknown> {
    const { hostname, port } = this.#endpoint
    const [host] = await this.#resolver.resolve(hostname)
    const answer = await new Promise<string>((resolve, reject) => {
      const asked = request({ host, port, path, method: 'POST', agent: this.#agent })
      asked.once('error', reject)
      asked.once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const said = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve(said)
          else reject(new Error(`etcd answered ${response.statusCode} to ${path}: ${said}`))
        })
      })
      asked.end(JSON.stringify(body))
    })
    return JSON.parse(answer)
  }
}
