/** An etcd binary of this machine, on free loopback ports, with a data directory of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import { EnvironmentError, messageOf } from '../errors.ts'
import { onPath, startProcess } from '../processes/start.ts'
import { freePorts, type Life, memberFlags, startedEtcd, TRIES } from './member.ts'
import type { StartedEtcd, StartOptions } from './started.ts'

const installHints: readonly (readonly [command: string, line: string])[] = [
  ['apt-get', 'sudo apt-get install etcd-server'],
  ['dnf', 'sudo dnf install etcd'],
  ['apk', 'sudo apk add etcd'],
  ['pacman', 'sudo pacman -S etcd'],
  ['brew', 'brew install etcd'],
]

/** One that was asked to stop and has not by then is killed. */
const STOPS_WITHIN_MS = 10_000

/** How to get an etcd binary here. */
export const localEtcdHint = (): string =>
  installHints.find(([command]) => onPath(command))?.[1] ?? 'see https://etcd.io/docs/latest/install/'

/** @throws EnvironmentError when there is no binary, or it does not come to serve */
export async function startLocalEtcd({ warden, readyWithinMs, tls, auth }: StartOptions): Promise<StartedEtcd> {
  if (!onPath('etcd')) throw new EnvironmentError('no etcd on the PATH')
  const dir = warden.makeDir('etcd')
  // A person's ETCD_* variables would change what we start.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')))
  for (let attempt = 1; ; attempt++) {
    const [client = 0, peer = 0] = await freePorts(2)
    const flags = memberFlags({
      listen: '127.0.0.1',
      client,
      peer,
      dataDir: `${dir.path}/${attempt}`,
      tls: tls?.path ?? null,
      auth,
    })
    let etcd = await startProcess('etcd', flags, { warden, env, stdio: 'ignore' })
    const signal = async (name: NodeJS.Signals) => void etcd.child.kill(name)
    const lifeOf = ({ pid, ended }: typeof etcd): Life => ({
      pid,
      ended: ended.then(({ code, signal }) => signal ?? `exit code ${code}`),
    })
    try {
      return await startedEtcd({
        provider: 'local',
        readyWithinMs,
        port: client,
        tls,
        auth,
        life: lifeOf(etcd),
        member: {
          pause: () => signal('SIGSTOP'),
          resume: () => signal('SIGCONT'),
          async stop(name) {
            await signal(name)
            await Promise.race([etcd.ended, wait(STOPS_WITHIN_MS, null, { ref: false })])
            await etcd.release()
          },
          async start() {
            etcd = await startProcess('etcd', flags, { warden, env, stdio: 'ignore' })
            return lifeOf(etcd)
          },
        },
        async release() {
          await etcd.release()
          await dir.release()
        },
      })
    } catch (error) {
      await etcd.release()
      if (attempt < TRIES) continue
      await dir.release()
      throw new EnvironmentError(
        `the etcd on the PATH did not start: ${messageOf(error)}. Try it by hand: etcd --data-dir "$(mktemp -d)"`,
        { cause: error },
      )
    }
  }
}
