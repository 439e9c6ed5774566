/**
 * The twins that prove a fault: a client that asks etcd one thing a cycle. When a call fails, `leaky` leaves a socket open,
 * one a fault, as code does whose clean-up comes after the await that threw; `clean` closes it in any case.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type CycleScenario, defineScenario } from 'holdwater'

type Fault = NonNullable<CycleScenario['faults']>[number]

/** How long a call waits for its answer. */
const ANSWER_WITHIN_MS = 100
/** So that an etcd that restarts is away for a few cycles only. */
const CYCLE_MS = 10

const what: Record<Fault['do'], string> = {
  pause: 'etcd is paused',
  restart: 'etcd is restarted',
  kill: 'etcd is killed',
  refuse: 'connections are refused',
  reset: 'connections are reset',
  delay: 'etcd answers late',
  blackhole: 'nothing gets through to etcd',
}

export function failingCall(fault: Fault['do'], which: 'leaky' | 'clean') {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let isAway = false

  async function version(endpoint: string): Promise<void> {
    const asked = request(new URL('/version', endpoint), { agent, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).end()
    const [response] = await once(asked, 'response')
    await once(response.resume(), 'end')
  }

  return defineScenario({
    title: `a call that fails while ${what[fault]}, ${which === 'leaky' ? 'leaving a socket open' : 'closing its socket'}`,
    needs: { etcd: true },
    expect: which === 'leaky' ? 'leaking' : 'clean',
    cycles: 400,
    resolution: '1/20',
    drainFor: '200ms',
    budget: { sockets: 0, exit: 'off', heap: { level: 'off' }, external: { level: 'off' } },
    faults: [{ do: fault, every: 20, ...(fault === 'restart' ? {} : { cycles: 3 }) }],
    async cycle({ etcd }) {
      const socket = createSocket('udp4').bind(0, '127.0.0.1')
      await once(socket, 'listening')
      let failure: unknown
      try {
        await Promise.all([version(etcd.endpoints[0] as string), wait(CYCLE_MS)])
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
