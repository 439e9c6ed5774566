/**
 * Resolves host names in a thread of its own and caches what it found, as `DnsCachingResolver` in Patroni's
 * patroni/dcs/etcd.py does. The thread starts in the constructor and is a daemon: it keeps no process alive, and it
 * ends only when somebody calls `stop()`. Whoever makes a resolver owns it and has to.
 */
import { Worker } from 'node:worker_threads'
import type { Resolved } from './dns-caching-resolver.thread.js'
import { logLife } from './life-log.ts'

export class DnsCachingResolver {
  #thread = new Worker(new URL('./dns-caching-resolver.thread.js', import.meta.url))
  #cache = new Map<string, string[]>()
  #waiting = new Map<string, ((resolved: Resolved) => void)[]>()
  #life = logLife('resolver', () => ({ cached: this.#cache.size }))

  constructor() {
    this.#thread.unref()
    this.#thread.on('message', (resolved: Resolved) => {
      if ('addresses' in resolved) this.#cache.set(resolved.host, resolved.addresses)
      const waiting = this.#waiting.get(resolved.host) ?? []
      this.#waiting.delete(resolved.host)
      this.#holdProcess()
      for (const answer of waiting) answer(resolved)
    })
  }

  /** The addresses of a host, from the cache where it has them. */
  async resolve(host: string): Promise<readonly string[]> {
    const cached = this.#cache.get(host)
    if (cached) return cached
    const resolved = await new Promise<Resolved>((answer) => {
      const waiting = this.#waiting.get(host)
      if (waiting) waiting.push(answer)
      else {
        this.#waiting.set(host, [answer])
        this.#holdProcess()
        this.#thread.postMessage(host)
      }
    })
    if ('addresses' in resolved) return resolved.addresses
    throw new Error(`${host} could not be resolved: ${resolved.error}`)
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.#thread.terminate()
    this.#life.stopped()
  }

  /** A daemon, but not while somebody waits for its answer. */
  #holdProcess(): void {
    if (this.#waiting.size > 0) this.#thread.ref()
    else this.#thread.unref()
  }
}
