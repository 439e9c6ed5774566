/**
 * Patroni's own cure (issue 3202, fixed by 3205 in 4.0.4): `get_dcs` no longer makes a client for every caller, it keeps
 * one per (scope, group). The cache owns the clients, so callers do not close what they get; it stops them all at once
 * when the process is done with the cluster. What can grow is the number of (scope, group) pairs, which is the
 * cluster's, not the caller's.
 */
import { logLife } from './life-log.ts'
import { OwningClient } from './owning-client.ts'

export class ClientCache implements AsyncDisposable {
  #clients = new Map<string, OwningClient>()
  #endpoint: string
  #life = logLife('client cache', () => ({ clients: this.#clients.size }))

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  /** The client for a scope and a Citus group, null where there is none; made when it is first asked for. */
  get(scope: string, group: number | null): OwningClient {
    const key = JSON.stringify([scope, group])
    const client = this.#clients.get(key) ?? new OwningClient(this.#endpoint)
    this.#clients.set(key, client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clients = [...this.#clients.values()]
    this.#clients.clear()
    await Promise.all(clients.map((client) => client.close()))
    this.#life.stopped()
  }
}
