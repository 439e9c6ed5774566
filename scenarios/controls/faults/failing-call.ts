/**
 * The twins that prove a fault: a client that asks etcd one thing a cycle. When a call fails, `leaky` leaves a socket open,
 * one a fault, as code does whose clean-up comes after the await that threw; `clean` closes it in any case.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { type CycleScenario, defineScenario } from 'holdwater'

type Etcd = Parameters<CycleScenario['cycle']>[0]['etcd']
type Fault = NonNullable<CycleScenario['faults']>[number]

/** How long a call waits for its answer. */
const ANSWER_WITHIN_MS = 100
/** So that an etcd that restarts is away for a few cycles only. */
const CYCLE_MS = 10

export function failingCall(fault: Fault['do'], which: 'leaky' | 'clean') {
  const [tls, auth] = [fault === 'expired-certificate', fault === 'wrong-password']
  // A name, a certificate and a password are looked at once a connection; what is connected is not refused.
  const keepAlive = !(tls || auth || fault === 'dns-failure' || fault === 'slow-dns' || fault === 'refuse')
  // A session that is resumed does not look at the certificate again.
  const agent = tls ? new TlsAgent({ maxCachedSessions: 0 }) : new Agent({ keepAlive, maxSockets: 1 })
  let isAway = false

  async function call({ endpoints: [endpoint], ca, auth }: Etcd): Promise<void> {
    const url = new URL(auth ? '/v3/auth/authenticate' : '/version', endpoint)
    const how = { agent, method: auth ? 'POST' : 'GET', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }
    const asked = ca ? requestTls(url, { ...how, ca }) : request(url, how)
    asked.end(auth ? JSON.stringify({ name: auth.username, password: auth.password }) : undefined)
    const [response] = await once(asked, 'response')
    await once(response.resume(), 'end')
    if (response.statusCode !== 200) throw new Error(`etcd answered ${response.statusCode}`)
  }

  return defineScenario({
    title: `a call that fails under the fault ${fault}, ${which === 'leaky' ? 'leaving a socket open' : 'closing its socket'}`,
    needs: { etcd: tls || auth ? { tls, auth } : true },
    expect: which === 'leaky' ? 'leaking' : 'clean',
    cycles: 400,
    // What etcd holds for connections is judged between faults only, where little lies.
    resolution: '1/12',
    drainFor: '200ms',
    budget: { sockets: 0, exit: 'off', heap: { level: 'off' }, external: { level: 'off' } },
    faults: [{ do: fault, every: 20, ...(fault === 'restart' ? {} : { cycles: 3 }) }],
    async cycle({ etcd }) {
      const socket = createSocket('udp4').bind(0, '127.0.0.1')
      await once(socket, 'listening')
      let failure: unknown
      try {
        await Promise.all([call(etcd), wait(CYCLE_MS)])
      } catch (error) {
        failure = error
      }
      const leaves = which === 'leaky' && failure && !isAway
      isAway = failure !== undefined
      if (!leaves) await new Promise<void>((resolve) => socket.close(resolve))
      if (failure) throw failure
    },
  })
}
