/** Several scenarios side by side, several cycles in flight, and a soak that is looked at while it goes on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixture, hasEtcd, holdwater, needsEtcd, scratch, start } from './holdwater.ts'

describe.concurrent('--jobs', () => {
  it.skipIf(!hasEtcd)(
    `runs scenarios side by side, each on its own etcd, and tells them in their order${needsEtcd}`,
    async () => {
      const names = ['controls/lease.clean', 'controls/lease.leaky', 'controls/timer.clean']
      const { results, stdout } = await holdwater([
        'run',
        ...names,
        '--etcd',
        'local',
        '--jobs',
        '2',
        '--cycles',
        '400',
      ])
      expect(
        results?.runs.map(({ scenario, verdict }) => [scenario, verdict]),
        stdout,
      ).toEqual([
        ['controls/lease.clean', 'clean'],
        ['controls/lease.leaky', 'leaking'],
        ['controls/timer.clean', 'clean'],
      ])
      const etcds = results?.runs.flatMap(({ etcd }) => etcd?.endpoints ?? [])
      expect(new Set(etcds).size).toBe(2)
      // What each says stands together.
      expect(stdout).toMatch(/controls\/lease\.leaky {2}a lease[^?✔]*✖ leaking → pass/)
    },
  )
  it.each([
    ['--etcd', 'http://127.0.0.1:1', /expected 1 with --etcd URL/],
    ['--limit', 'threads=64', /expected 1 with --limit/],
  ] as const)('is one with %s %s', async (option, value, says) => {
    const { code, stderr } = await holdwater(['run', 'controls/idle', option, value, '--jobs', '2'])
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
  })
})

it('`concurrency` keeps so many cycles in flight, each with its number and its time limit', async () => {
  const { results, out, stdout } = await holdwater(['run', fixture('concurrency.mjs')])
  const [run] = results?.runs ?? []
  expect(run?.failedCycles, stdout).toBe(4)
  const events = run?.events.map(({ text }) => text) ?? []
  expect(events).toContain('most in flight: 4')
  expect(events.filter((text) => /^cycle 4[0-3]: /.test(text))).toHaveLength(4)
  const log = readFileSync(join(out, run?.recordings[0]?.path ?? ''), 'utf8')
  expect(log).toContain('every number once')
})

it('a soak that goes on is judged as it stands', async () => {
  const { out, tmp } = scratch()
  const run = start(['run', 'controls/idle', '--for', '10m', '--until', 'end', '--out', out], { TMPDIR: tmp })
  await run.until(/up to 10 min/)
  const { stdout, code } = await (async () => {
    for (;;) {
      const told = await start(['report', out], { TMPDIR: tmp }).finished
      // Its header is written before its first checkpoint.
      if (/[1-9] checkpoints/.test(told.stdout)) return told
    }
  })()
  run.child.kill('SIGKILL')
  await run.finished
  expect(stdout).toMatch(/The run goes on; this is how it stands\./)
  expect(code).toBe(4)
})
