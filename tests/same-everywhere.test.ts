/** The same scenario gives the same verdict and growth, whichever way its etcd is had. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEtcd } from '../harness/dcs/etcd.ts'
import type { StartedEtcd } from '../harness/dcs/started.ts'
import { startWarden, type Warden } from '../harness/processes/warden.ts'
import { hasDocker, hasEtcd, holdwater, needsDocker, needsEtcd } from './holdwater.ts'

const leaks = { sockets: 1, fds: 1, timers: 2, 'etcd.leases': 1, 'etcd.watchers': 1 }
let warden: Warden
let external: StartedEtcd

describe
  .skipIf(!hasEtcd)
  .concurrent(
    `etcd3/lease leaks the same${needsEtcd || needsDocker.replace('skipped', 'the container is skipped')}`,
    () => {
      beforeAll(async () => {
        warden = await startWarden()
        external = await startEtcd('local', { warden, say: () => {}, readyWithinMs: 30_000, passedOver: [] })
      })
      afterAll(async () => {
        await external[Symbol.asyncDispose]()
        await warden[Symbol.asyncDispose]()
      })

      const ways: readonly (readonly [provider: string, choice: () => string])[] = [
        ['local', () => 'local'],
        ['url', () => external.endpoints[0] as string],
        ...(hasDocker ? [['docker', () => 'docker'] as const] : []),
      ]
      it.each(ways)('%s', async (provider, choice) => {
        const { results, stdout } = await holdwater(['run', 'etcd3/lease', '--cycles', '500', '--etcd', choice()])
        const [run] = results?.runs ?? []
        expect([run?.verdict, run?.etcd?.provider], stdout).toEqual(['leaking', provider])
        for (const [name, growth] of Object.entries(leaks)) {
          const resource = run?.resources.find((candidate) => candidate.name === name)
          expect(resource?.growthPerCycle, name).toBeCloseTo(growth, 2)
          // What another may use warns only, and is judged and shown all the same.
          expect([name, resource?.verdict, resource?.level]).toEqual([
            name,
            'leaking',
            provider === 'url' && name.startsWith('etcd.') ? 'warn' : 'error',
          ])
        }
      })

      it.each(ways)('and dcs-client/cached-client is as clean: %s', async (provider, choice) => {
        const args = ['run', 'dcs-client/cached-client', '--resolution', '1/30', '--cycles', '480', '--etcd', choice()]
        const { results, stdout } = await holdwater(args)
        expect([results?.runs[0]?.verdict, results?.runs[0]?.etcd?.provider], stdout).toEqual(['clean', provider])
      })
    },
  )
