/**
 * The wire: a TCP proxy on loopback between the target and its etcd, which can be cut, slowed or muted, and a DNS server for
 * the name of etcd, which can fail or be slow. It is a process of its own, so that holdwater's own work does not show in it,
 * and is there only for scenarios with faults of this kind.
 */
import { EnvironmentError } from '../errors.ts'
import { startOwn } from '../processes/own.ts'
import { programBeside } from '../processes/program.ts'
import type { Warden } from '../processes/warden.ts'
import { within } from '../processes/within.ts'
import { TRIES } from './cluster.ts'
import { freePorts } from './member.ts'
import type { WireAnswer, WireAsk, WireState } from './wire-process.ts'

export type Wire = AsyncDisposable & {
  /** Where it listens, as host:port, in the order of what it leads to. */
  readonly hosts: readonly string[]
  /** The port on which it answers for names. */
  readonly dns: number
  /** What is not said is as if there were no fault. Resolves when it is so. @throws when its port has been taken meanwhile */
  set(state: Partial<WireState>): Promise<void>
}

const program = programBeside(import.meta.url, 'wire-process')
const ANSWERS_WITHIN_MS = 60_000

/**
 * Opens a wire to each of `hosts`.
 * @throws EnvironmentError when none of the ports that were free can be listened on
 */
export async function openWire(hosts: readonly string[], warden: Warden): Promise<Wire> {
  const { child, gone, release } = await startOwn(program, 'the proxy to etcd', { warden })
  async function ask(question: WireAsk): Promise<number> {
    const answer = new Promise<WireAnswer>((resolve) => child.once('message', (said) => resolve(said as WireAnswer)))
    child.send(question)
    const { failed, dns } = await within(
      ANSWERS_WITHIN_MS,
      Promise.race([answer, gone]),
      () => new EnvironmentError(`the proxy to etcd gave no answer within ${ANSWERS_WITHIN_MS / 1000} s`),
    )
    if (failed !== null) throw new EnvironmentError(failed)
    return dns
  }
  try {
    for (let attempt = 1; ; attempt++) {
      const ports = await freePorts(hosts.length)
      const lines = hosts.map((to, i) => ({ port: ports[i] as number, to }))
      let dns: number
      try {
        dns = await ask({ open: lines })
      } catch (error) {
        if (attempt < TRIES) continue
        throw error
      }
      return {
        dns,
        hosts: ports.map((port) => `127.0.0.1:${port}`),
        async set(state) {
          await ask({ state })
        },
        [Symbol.asyncDispose]: release,
      }
    }
  } catch (error) {
    await release()
    throw error
  }
}
