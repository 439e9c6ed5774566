/** An etcd binary of this machine, on free loopback ports, with a data directory of its own. */
import { EnvironmentError, messageOf } from '../errors.ts'
import { onPath, startProcess } from '../processes/start.ts'
import { freePorts, memberFlags, startedEtcd, TRIES } from './member.ts'
import type { StartedEtcd, StartOptions } from './started.ts'

const installHints: readonly (readonly [command: string, line: string])[] = [
  ['apt-get', 'sudo apt-get install etcd-server'],
  ['dnf', 'sudo dnf install etcd'],
  ['apk', 'sudo apk add etcd'],
  ['pacman', 'sudo pacman -S etcd'],
  ['brew', 'brew install etcd'],
]

/** How to get an etcd binary here. */
export const localEtcdHint = (): string =>
  installHints.find(([command]) => onPath(command))?.[1] ?? 'see https://etcd.io/docs/latest/install/'

/** @throws EnvironmentError when there is no binary, or it does not come to serve */
export async function startLocalEtcd({ warden, readyWithinMs }: StartOptions): Promise<StartedEtcd> {
  if (!onPath('etcd')) throw new EnvironmentError('no etcd on the PATH')
  const dir = warden.makeDir('etcd')
  // A person's ETCD_* variables would change what we start.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')))
  for (let attempt = 1; ; attempt++) {
    const [client = 0, peer = 0] = await freePorts(2)
    const flags = memberFlags({ listen: '127.0.0.1', client, peer, dataDir: `${dir.path}/${attempt}` })
    const etcd = await startProcess('etcd', flags, { warden, env, stdio: 'ignore' })
    try {
      return await startedEtcd({
        provider: 'local',
        readyWithinMs,
        port: client,
        pid: etcd.pid,
        ended: etcd.ended.then(({ code, signal }) => signal ?? `exit code ${code}`),
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
