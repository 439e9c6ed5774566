/** The long-lived components of dcs-client log their lives when asked for, and measured runs say nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasEtcd, holdwater, needsEtcd } from './holdwater.ts'

const run = (name: string, env: Record<string, string>) =>
  holdwater(['run', name, '--etcd', 'local', '--cycles', '20'], env)
const logOf = (out: string, name: string) => join(out, name, 'stdout.log')
const linesOf = (out: string, name: string) =>
  readFileSync(logOf(out, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe.skipIf(!hasEtcd).concurrent(`life logs${needsEtcd}`, () => {
  it('one structured line at start and at stop', async () => {
    const name = 'dcs-client/resolver-stopped'
    const { out } = await run(name, { HOLDWATER_LOG: 'info' })
    const lines = linesOf(out, name)
    const of = (msg: string) => lines.filter((line) => line.msg === msg && line.component === 'resolver')
    expect(of('started').length).toBeGreaterThanOrEqual(20)
    expect(of('stopped').map(({ id }) => id)).toEqual(of('started').map(({ id }) => id))
    expect(of('stopped')[0]).toMatchObject({ name: 'dcs-client', cached: 1, livedMs: expect.any(Number) })
  })

  it('and lines in between, of one that lives on', async () => {
    const name = 'dcs-client/cached-client'
    const { out } = await run(name, { HOLDWATER_LOG: 'info', HOLDWATER_LOG_EVERY: '20' })
    const lines = linesOf(out, name).filter(({ component }) => component === 'client cache')
    expect(lines.map(({ msg }) => msg).filter((msg) => msg !== 'running')).toEqual(['started', 'stopped'])
    expect(lines.find(({ msg, clients }) => msg === 'running' && clients === 3)).toBeDefined()
  })

  it('nothing unless asked for', async () => {
    const name = 'dcs-client/resolver-stopped'
    const { out } = await run(name, {})
    expect(existsSync(logOf(out, name))).toBe(false)
  })
})
