/** TODO */
import { Etcd3 } from 'etcd3'
import { defineScenario } from 'holdwater'

export default defineScenario({
  title: 'etcd3: a client that logs in, one put, close(), with a password that is wrong now and then',
  needs: { etcd: { tls: true, auth: true } },
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
