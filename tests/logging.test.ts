/** The long-lived components of dcs-client log their lives when asked for, and measured runs say nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasEtcd, holdwater, needsEtcd } from './holdwater.ts'

const run = (name: string, env: Record<string, string>) =>
  holdwater(['run', name, '--etcd', 'local', '--cycles', '20'], env)
const logOf = (out: string, name: string) => join(out, name, 'stdout.log')

describe.skipIf(!hasEtcd).concurrent(`life logs${needsEtcd}`, () => {
  it('one structured line at start and at stop', async () => {
    const name = 'dcs-client/resolver-stopped'
    const { out } = await run(name, { HOLDWATER_LOG: 'info' })
    const lines = readFileSync(logOf(out, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const of = (msg: string) => lines.filter((line) => line.msg === msg && line.component === 'resolver')
    expect(of('started').length).toBeGreaterThanOrEqual(20)
    expect(of('stopped').map(({ id }) => id)).toEqual(of('started').map(({ id }) => id))
    expect(of('stopped')[0]).toMatchObject({ name: 'dcs-client', cached: 1, livedMs: expect.any(Number) })
  })

  it('nothing unless asked for', async () => {
    const name = 'dcs-client/resolver-stopped'
    const { out } = await run(name, {})
    expect(existsSync(logOf(out, name))).toBe(false)
  })
})
