/** An etcd binary of this machine, on free loopback ports, with a data directory of its own. */
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { EnvironmentError, messageOf } from '../errors.ts'
import { onPath, type StartedProcess, startProcess } from '../processes/start.ts'
import type { Warden } from '../processes/warden.ts'
import { askEtcd, etcdAnswers, etcdVersion, leaveEtcd } from './api.ts'
import type { StartedEtcd } from './started.ts'

const READY_WITHIN_MS = 30_000
const POLL_MS = 20
/** Somebody may take a free port between our look and etcd's bind. */
const TRIES = 3

const installHints: readonly (readonly [command: string, line: string])[] = [
  ['apt-get', 'sudo apt-get install etcd-server'],
  ['dnf', 'sudo dnf install etcd'],
  ['apk', 'sudo apk add etcd'],
  ['pacman', 'sudo pacman -S etcd'],
  ['brew', 'brew install etcd'],
]

/** Why there is no local etcd and every way to get one, or null when there is one. */
export function localEtcdMissing(): string | null {
  if (onPath('etcd')) return null
  const hint = installHints.find(([command]) => onPath(command))?.[1]
  return [
    'This scenario needs a real etcd and none was found. Either',
    `  - put an etcd binary on the PATH: ${hint ?? 'see https://etcd.io/docs/latest/install/'}`,
    '  - or name one that runs: --etcd http://127.0.0.1:2379',
  ].join('\n')
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return ports
}

async function untilHealthy(endpoint: string, etcd: StartedProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  let left = false
  etcd.ended.then(() => (left = true))
  for (;;) {
    if (left) throw new Error('it left while starting')
    try {
      if ((await askEtcd(endpoint, '/health', null, 1000)).includes('true')) return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await wait(POLL_MS)
  }
}

export async function startLocalEtcd(warden: Warden): Promise<StartedEtcd> {
  const dir = warden.makeDir('etcd')
  // A person's ETCD_* variables would change what we start.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')))
  for (let attempt = 1; ; attempt++) {
    const [client, peer] = await freePorts(2)
    const endpoint = `http://127.0.0.1:${client}`
    const peers = `http://127.0.0.1:${peer}`
    const flags = {
      'data-dir': `${dir.path}/${attempt}`,
      'listen-client-urls': endpoint,
      'advertise-client-urls': endpoint,
      'listen-peer-urls': peers,
      'initial-advertise-peer-urls': peers,
      'initial-cluster': `default=${peers}`,
      logger: 'zap',
      'log-level': 'error',
    }
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    const etcd = await startProcess('etcd', args, { warden, env, stdio: 'ignore' })
    try {
      await untilHealthy(endpoint, etcd)
    } catch (error) {
      await etcd.release()
      if (attempt < TRIES) continue
      await dir.release()
      throw new EnvironmentError(
        `The etcd on the PATH did not start: ${messageOf(error)}. Try it by hand: etcd --data-dir "$(mktemp -d)"`,
        { cause: error },
      )
    }
    let releasing = false
    return {
      provider: 'local',
      version: await etcdVersion(endpoint, READY_WITHIN_MS),
      endpoints: [endpoint],
      hosts: [`127.0.0.1:${client}`],
      pid: etcd.pid,
      exclusive: true,
      answers: () => etcdAnswers(endpoint, READY_WITHIN_MS),
      died: new Promise((resolve) => {
        etcd.ended.then(({ code, signal }) => {
          if (!releasing) resolve(`etcd died (${signal ?? `exit code ${code}`})`)
        })
      }),
      async [Symbol.asyncDispose]() {
        releasing = true
        leaveEtcd(endpoint)
        await etcd.release()
        await dir.release()
      },
    }
  }
}
