/**
 * npm `etcd3` 1.1.2 over `@grpc/grpc-js` 1.14: a client whose connections were refused connects after it was closed. When a
 * connection is refused, gRPC waits before it tries again; `close()` does not end that wait, and what connects then belongs
 * to nobody: three connections for each put that failed, each with its socket, for as long as etcd or the process lives.
 * We know of no issue about it upstream.
 *
 * By default gRPC waits for a second at first. Here it is a tenth, so that what follows a fault is seen soon after it.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client, one put, close(), while connections are refused',
  needs: { etcd: true },
  expect: 'leaking',
  resolution: '1/50',
  cycles: 1000,
  faults: [{ do: 'refuse', every: 50, cycles: 5 }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts], grpcOptions: { 'grpc.initial_reconnect_backoff_ms': 100 } })
    try {
      await client.put('holdwater/errors').value('1')
    } finally {
      client.close()
    }
  },
})
