/**
 * npm `etcd3` 1.1.2 on a cluster of three whose leader is killed, and brought back a second later. Until the others have
 * elected one of themselves, and where a client is connected to the one that is away, puts fail at their deadline; closed, the
 * clients let go of what they had. Nothing grows, neither in the client nor in what the three nodes hold together.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client of three nodes, one put, close(), while the leader is lost',
  needs: { etcd: { nodes: 3 } },
  // What a node holds for connections ends with it: too little lies between two faults to judge it.
  budget: { 'etcd.connections': { level: 'off' }, 'etcd.watchers': { level: 'off' } },
  resolution: '1/10',
  // Fewer than 500: a young heap, and what faults hold for a while, would need minutes to be judged.
  cycles: 480,
  concurrency: 6,
  faults: [{ do: 'kill', node: 'leader', every: 40, for: '1s' }],
  async cycle({ etcd }) {
    const client = new Etcd3({ hosts: [...etcd.hosts] })
    try {
      await client
        .put('holdwater/errors')
        .value('1')
        .options({ deadline: Date.now() + 1000 })
    } finally {
      client.close()
    }
  },
})
