/** Every resource sees a planted leak of one per cycle, and says nothing of the twin that cleans up. */
import { describe, expect, it } from 'vitest'
import { fixture, hasEtcd, holdwater, needsEtcd } from './holdwater.ts'

const twins: readonly (readonly [kind: string, leaks: Record<string, number>])[] = [
  ['worker', { workers: 1, threads: 1 }],
  ['unref-worker', { workers: 1, threads: 1 }],
  ['timer', { timers: 1 }],
  ['unref-interval', { timers: 1 }],
  ['fd', { fds: 1 }],
  ['socket', { sockets: 1, fds: 1 }],
  ['server', { sockets: 1, fds: 1 }],
  ['child', { children: 1 }],
  ['watcher', { handles: 1 }],
  ['listener', { listeners: 1 }],
  ['emitter-listener', { listeners: 1 }],
  ['instance', { 'instances:Tracked': 1 }],
  ['request', { requests: 1 }],
  ['server-state', { 'server.opened': 1 }],
  ['lease', { 'etcd.leases': 1 }],
  ['etcd-watcher', { 'etcd.watchers': 1 }],
  ['key', { 'etcd.keys': 1 }],
]
const onEtcd = new Set(['lease', 'etcd-watcher', 'key'])
/** What only warns is judged and shown, and fails no run. */
const warns = new Set(['request'])

const run = (kind: string, twin: string) =>
  holdwater(
    ['run', fixture('twin.mjs'), '--cycles', /worker|etcd-watcher/.test(kind) ? '100' : '400', '--reporter', 'json'],
    { KIND: kind, TWIN: twin },
  )

describe.concurrent.each(twins)('%s', (kind, leaks) => {
  const skipped = onEtcd.has(kind) && !hasEtcd

  it.skipIf(skipped)(`the leaky twin leaks one per cycle${onEtcd.has(kind) ? needsEtcd : ''}`, async () => {
    const { results, code, stdout, stderr } = await run(kind, 'leaky')
    const [found] = results?.runs ?? []
    for (const [name, growth] of Object.entries(leaks)) {
      const resource = found?.resources.find((candidate) => candidate.name === name)
      expect(resource, `${name}, exit code ${code}: ${stdout}${stderr}`).toMatchObject({ verdict: 'leaking' })
      expect(resource?.growthPerCycle).toBeCloseTo(growth, 2)
    }
    if (!warns.has(kind)) expect([found?.verdict, found?.outcome, code]).toEqual(['leaking', 'fail', 3])
  })

  it.skipIf(skipped)(`the clean twin is clean${onEtcd.has(kind) ? needsEtcd : ''}`, async () => {
    const { results, code, stdout, stderr } = await run(kind, 'clean')
    const [found] = results?.runs ?? []
    expect([found?.verdict, code], stdout + stderr + found?.reason).toEqual(['clean', 0])
  })
})
