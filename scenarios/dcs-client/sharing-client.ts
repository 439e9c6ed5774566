/**
 * The second cure: one resolver for all clients of the process, reference-counted. The first client starts it, every
 * client holds a reference for as long as it is open, and the last one to close stops it. Nobody owns it alone, so
 * nobody can forget it alone: a client that is not closed is the leak then, and is seen as one.
 */
import { DnsCachingResolver } from './dns-caching-resolver.ts'
import { EtcdClient } from './etcd-client.ts'

let shared: { resolver: DnsCachingResolver; references: number } | null = null

function acquire(): DnsCachingResolver {
  shared ??= { resolver: new DnsCachingResolver(), references: 0 }
  shared.references++
  return shared.resolver
}

async function release(): Promise<void> {
  if (!shared || --shared.references > 0) return
  const { resolver } = shared
  shared = null // who acquires from now on starts another
  await resolver.stop()
}

export class SharingClient extends EtcdClient implements AsyncDisposable {
  #open = true

  constructor(endpoint: string) {
    super(endpoint, acquire())
  }

  /** Closing twice releases once. */
  override async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await super.close()
    await release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
