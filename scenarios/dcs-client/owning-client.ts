/**
 * The first cure: the resolver's lifetime is tied to the client's. The client that makes a resolver owns it, its
 * `close()` stops it, and `await using` calls that however the cycle ends.
 */
import { DnsCachingResolver } from './dns-caching-resolver.ts'
import { EtcdClient } from './etcd-client.ts'

export class OwningClient extends EtcdClient implements AsyncDisposable {
  #resolver: DnsCachingResolver

  constructor(endpoint: string) {
    const resolver = new DnsCachingResolver()
    super(endpoint, resolver)
    this.#resolver = resolver
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#resolver.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
