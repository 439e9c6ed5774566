/** What the controls of `holdwater selftest` leave out: each sees a planted leak of one per cycle, and nothing of its clean twin. */
import { describe, expect, it } from 'vitest'
import { fixture, holdwater } from './holdwater.ts'

const twins: readonly (readonly [kind: string, leaks: Record<string, number>])[] = [
  ['server', { sockets: 1, fds: 1 }],
  ['emitter-listener', { listeners: 1 }],
  ['request', { requests: 1 }],
  ['server-state', { 'server.opened': 1 }],
]
/** What only warns is judged and shown, and fails no run. */
const warns = new Set(['request'])

const run = (kind: string, twin: string) =>
  holdwater(['run', fixture('twin.mjs'), '--cycles', '400', '--reporter', 'json'], { KIND: kind, TWIN: twin })

describe.concurrent.each(twins)('%s', (kind, leaks) => {
  it('the leaky twin leaks one per cycle', async () => {
    const { results, code, stdout, stderr } = await run(kind, 'leaky')
    const [found] = results?.runs ?? []
    for (const [name, growth] of Object.entries(leaks)) {
      const resource = found?.resources.find((candidate) => candidate.name === name)
      expect(resource, `${name}, exit code ${code}: ${stdout}${stderr}`).toMatchObject({ verdict: 'leaking' })
      expect(resource?.growthPerCycle).toBeCloseTo(growth, 2)
    }
    if (!warns.has(kind)) expect([found?.verdict, found?.outcome, code]).toEqual(['leaking', 'fail', 3])
  })

  it('the clean twin is clean', async () => {
    const { results, code, stdout, stderr } = await run(kind, 'clean')
    const [found] = results?.runs ?? []
    expect([found?.verdict, code], stdout + stderr + found?.reason).toEqual(['clean', 0])
  })
})
