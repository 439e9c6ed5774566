/**
 * npm `etcd3` 1.1.2: a client whose connection is reset under it lets go of what it had. Its put fails, its `close()` closes;
 * no count grows. What leaks is a client that was refused: `etcd3/errors/away-at-connect`. So does one whose etcd was killed, as
 * it is refused when it connects again; but a fault that kills etcd cannot show that: the next one ends what the last has left.
 *
 * By default gRPC waits for a second before it connects again. Here it is a tenth, so that what follows a fault is over soon
 * after it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a put, a while, another put, close(), the connection reset between them',
  needs: { etcd: true },
  // What etcd holds for connections ends with each fault: too little lies between them to judge it.
  budget: { 'etcd.connections': { level: 'off' }, 'etcd.watchers': { level: 'off' } },
  resolution: '1/10',
  // Fewer than 500: a young heap, and what faults hold for a while, would need minutes to be judged.
  cycles: 480,
  faults: [{ do: 'reset', every: 10, cycles: 1, within: '20ms' }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts], grpcOptions: { 'grpc.initial_reconnect_backoff_ms': 100 } })
    try {
      await client.put('holdwater/errors').value('1')
      await wait(20)
      await client.put('holdwater/errors').value('2')
    } finally {
      client.close()
    }
  },
})
