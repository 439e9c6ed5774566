/**
 * The real patronictl, leaking and cured. HOLDWATER_PATRONI_LEAKING and HOLDWATER_PATRONI_FIXED name a patronictl of
 * 4.0.3 and one of 4.0.4.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasEtcd, holdwater, needsEtcd, scratch } from './holdwater.ts'

const leaking = process.env.HOLDWATER_PATRONI_LEAKING
const fixed = process.env.HOLDWATER_PATRONI_FIXED
const needs = (path: string | undefined, version: string, name: string) =>
  path
    ? needsEtcd
    : ` (skipped: no Patroni ${version}; pip install 'patroni[etcd3,psycopg3]==${version}' and set ${name})`
const versionOf = (path: string) => execFileSync(path, ['version'], { encoding: 'utf8' }).trim()
const scenario = 'patroni/patronictl-watch'

describe.concurrent('patronictl list -W', () => {
  it.skipIf(!leaking || !hasEtcd)(
    `4.0.3 leaks a thread per refresh${needs(leaking, '4.0.3', 'HOLDWATER_PATRONI_LEAKING')}`,
    async () => {
      expect(versionOf(leaking ?? '')).toBe('patronictl version 4.0.3')
      const { results, code, stdout } = await holdwater(['run', scenario], { PATRONICTL: leaking ?? '' })
      expect(code, stdout).toBe(3)
      const [run] = results?.runs ?? []
      expect(run).toMatchObject({ verdict: 'leaking', outcome: 'fail' })
      const threads = run?.resources.find(({ name }) => name === 'threads')
      expect(threads?.growthPerCycle).toBeCloseTo(1, 1)
      expect([threads?.low, threads?.high].every(Number.isFinite)).toBe(true)
    },
  )

  it.skipIf(!leaking || !hasEtcd)(
    `4.0.3 crashes at a limit as it does in production, and was forecast to${needs(leaking, '4.0.3', 'HOLDWATER_PATRONI_LEAKING')}`,
    async () => {
      const args = ['run', scenario, '--limit', 'threads=64', '--until', 'crash', '--explain', 'auto']
      const { results, code, stdout } = await holdwater(args, { PATRONICTL: leaking ?? '' })
      expect(code, stdout).toBe(3)
      const [run] = results?.runs ?? []
      expect(run).toMatchObject({ verdict: 'leaking', reasonCode: 'crashed', exit: { code: 1 } })
      expect(run?.crash).toMatchObject({ resource: 'threads', error: "RuntimeError: can't start new thread" })
      const { cycles = 0, forecast } = run?.crash ?? {}
      expect(Math.abs((forecast?.cycles ?? 0) - cycles)).toBeLessThanOrEqual(0.05 * cycles)
      // The line that starts the thread, and who called it.
      const [suspect] = run?.suspects ?? []
      expect(suspect).toMatchObject({ resource: 'threads', kind: 'thread', language: 'python' })
      expect(suspect?.stack[suspect.at ?? -1]).toMatchObject({
        file: 'patroni/dcs/etcd.py',
        function: 'DnsCachingResolver.__init__',
      })
      expect(suspect?.stack.map((frame) => frame.function)).toContain('get_dcs')
      expect(suspect?.growthPerCycle).toBeCloseTo(1, 1)
      expect(suspect?.sentence).toMatch(
        / per cycle, made at patroni\/dcs\/etcd\.py:\d+ in DnsCachingResolver\.__init__/,
      )
    },
  )

  it.skipIf(!fixed || !hasEtcd)(
    `4.0.4 is clean${needs(fixed, '4.0.4', 'HOLDWATER_PATRONI_FIXED')}`,
    async () => {
      expect(versionOf(fixed ?? '')).toBe('patronictl version 4.0.4')
      const { results, code, stdout } = await holdwater(['run', scenario, '--resolution', '1/30'], {
        PATRONICTL: fixed ?? '',
      })
      expect([code, results?.runs[0]?.verdict], stdout).toEqual([0, 'clean'])
    },
    300_000,
  )

  it.skipIf(!fixed || !hasEtcd)(
    `without etcd3 support: says what to install${needs(fixed, '4.0.4', 'HOLDWATER_PATRONI_FIXED')}`,
    async () => {
      // python-etcd is what the extra installs; this one cannot be imported, as if it were not there.
      const dir = join(scratch().out, '..', 'no-etcd')
      mkdirSync(dir)
      writeFileSync(join(dir, 'etcd.py'), "raise ImportError('No module named etcd')\n")
      const patronictl = join(dir, 'patronictl')
      writeFileSync(patronictl, `#!/bin/sh\nPYTHONPATH=${dir} exec ${fixed} "$@"\n`)
      chmodSync(patronictl, 0o755)
      const { code, stderr } = await holdwater(['run', scenario], { PATRONICTL: patronictl })
      expect(code).toBe(2)
      expect(stderr).toMatch("this Patroni has no etcd3 support; pip install 'patroni[etcd3,psycopg3]'")
    },
  )
})
