/**
 * npm `etcd3` 1.1.2 over `@grpc/grpc-js` 1.14: a name that cannot be looked up fails the call, and `close()` ends the waiting
 * for the next try: no count grows. (Refused connections are another matter: `etcd3/errors/away-at-connect`.)
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client, one put, close(), while the name of etcd cannot be looked up',
  needs: { etcd: true },
  resolution: '1/20',
  // Fewer than 500: a young heap, and what faults hold for a while, would need minutes to be judged.
  cycles: 480,
  faults: [{ do: 'dns-failure', every: 24, cycles: 5 }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    try {
      await client.put('holdwater/errors').value('1')
    } finally {
      client.close()
    }
  },
})
