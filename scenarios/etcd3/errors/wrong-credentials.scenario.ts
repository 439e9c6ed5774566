/**
 * npm `etcd3` 1.1.2: a client with `auth` asks for its token over a connection of its own (`Authenticator` in
 * src/connection-pool.ts makes an `Auth` client for it) that `close()` does not know: one socket and two timers a client, also
 * with the right password. A wrong one adds nothing to that. We know of no issue about it upstream.
 */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client that logs in, one put, close(), with a password that is wrong now and then',
  needs: { etcd: { tls: true, auth: true } },
  expect: 'leaking',
  resolution: '1/50',
  cycles: 1000,
  faults: [{ do: 'wrong-password', every: 50, cycles: 5 }],
  async cycle({ etcd }) {
    const client = new Etcd3({
      hosts: [...etcd.endpoints],
      credentials: { rootCertificate: Buffer.from(etcd.ca ?? '') },
      ...(etcd.auth ? { auth: etcd.auth } : {}),
    })
    try {
      await client.put('holdwater/errors').value('1')
    } finally {
      client.close()
    }
  },
})
