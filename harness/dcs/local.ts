/** An etcd binary of this machine, on free loopback ports, with a data directory of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import { EnvironmentError } from '../errors.ts'
import { isStopped, procLacks } from '../processes/proc.ts'
import { onPath, startProcess } from '../processes/start.ts'
import type { Warden } from '../processes/warden.ts'
import { startCluster } from './cluster.ts'
import { type Life, type Member, type MemberOptions, memberFlags } from './member.ts'
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

/** The kernel stops one thread after the other: on a busy machine for ten milliseconds some still answer. */
const PAUSES_WITHIN_MS = 10_000
const POLL_MS = 1

/** @throws when some of it still runs by then */
async function untilStopped(pid: number): Promise<void> {
  const late = performance.now() + PAUSES_WITHIN_MS
  while (!procLacks && !isStopped(pid)) {
    if (performance.now() > late) throw new Error(`it still ran ${PAUSES_WITHIN_MS / 1000} s after it was told to stop`)
    await wait(POLL_MS)
  }
}

/** How to get an etcd binary here. */
export const localEtcdHint = (): string =>
  installHints.find(([command]) => onPath(command))?.[1] ?? 'see https://etcd.io/docs/latest/install/'

/** @throws EnvironmentError when there is no binary, or it does not come to serve */
export async function startLocalEtcd(options: StartOptions): Promise<StartedEtcd> {
  if (!onPath('etcd')) throw new EnvironmentError('no etcd on the PATH')
  return startCluster(
    {
      provider: 'local',
      failed: 'the etcd on the PATH did not start (try it by hand: etcd --data-dir "$(mktemp -d)")',
      pace: null,
      clusters: true,
      start: (member, tls) => startMember(member, tls?.path ?? null, options.warden),
    },
    options,
  )
}

async function startMember(options: MemberOptions, tls: string | null, warden: Warden): Promise<Member> {
  const dir = warden.makeDir('etcd')
  const { client: port } = options.place
  const flags = memberFlags(options, { listen: '127.0.0.1', port, dataDir: `${dir.path}/data`, tls })
  // A person's ETCD_* variables would change what we start.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')))
  const start = () => startProcess('etcd', flags, { warden, env, stdio: 'ignore' })
  let etcd = await start()
  const signal = async (name: NodeJS.Signals) => void etcd.child.kill(name)
  const life = (): Life => ({
    pid: etcd.pid,
    ended: etcd.ended.then(({ code, signal }) => signal ?? `exit code ${code}`),
  })
  return {
    life: life(),
    async pause() {
      await signal('SIGSTOP')
      await untilStopped(etcd.pid)
    },
    resume: () => signal('SIGCONT'),
    async stop(name) {
      await signal(name)
      await Promise.race([etcd.ended, wait(STOPS_WITHIN_MS, null, { ref: false })])
      await etcd.release()
    },
    async start() {
      etcd = await start()
      return life()
    },
    lastWords: async () => '',
    async release() {
      await etcd.release()
      await dir.release()
    },
  }
}
