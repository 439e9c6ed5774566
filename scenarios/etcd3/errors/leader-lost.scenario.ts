/**
 * npm `etcd3` 1.1.2 on a cluster of three whose leader is killed, and brought back a second later. Until the others have
 * elected one of themselves, and where a client is connected to the one that is away, puts fail at their deadline; closed, the
 * clients let go of what they had, and no count grows, in them or in the three nodes. But a client that was refused may connect
 * after it was closed (`etcd3/errors/away-at-connect`): a socket now and then, until its node is killed again. It warns here.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client of three nodes, one put, close(), while the leader is lost',
  needs: { etcd: { nodes: 3 } },
  // What a node holds for connections ends with it: too little lies between two faults to judge it.
  budget: {
    'etcd.connections': { level: 'off' },
    'etcd.watchers': { level: 'off' },
    sockets: { level: 'warn' },
    fds: { level: 'warn' },
  },
  resolution: '1/10',
  // Fewer than 500: a young heap, and what faults hold for a while, would need minutes to be judged.
  cycles: 480,
  concurrency: 6,
  faults: [{ do: 'kill', node: 'leader', every: 80, for: '1s' }],
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
