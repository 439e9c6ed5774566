/** Every control, as `holdwater selftest` runs them: does the gate see each planted leak, and say nothing of its clean twin? */
import { describe, expect, it } from 'vitest'
import { judge } from '../harness/judge/judge.ts'
import type { Run } from '../harness/model.ts'
import { toRun } from '../reports/results.ts'
import { selftestText, type Tested } from '../reports/selftest.ts'
import { hasEtcd, holdwater, needsEtcd } from './holdwater.ts'
import { recordingOf, repeat } from './recording-of.ts'

describe('holdwater selftest', () => {
  it.skipIf(!hasEtcd)(`finds every gate working${needsEtcd}`, async () => {
    const { code, stdout, stderr } = await holdwater(['selftest', '--etcd', 'local'])
    expect([code, stderr], stdout).toEqual([0, ''])
    const rows = stdout.split('\n').filter((line) => / yes +clean /.test(line))
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual([
      ...[
        'child',
        'external',
        'external-late',
        'fd',
        'handle',
        'heap',
        'instance',
        'key',
        'lease',
        'listener',
        'native-thread',
        'pipe',
        'socket',
      ],
      ...['timer', 'unref-interval', 'unref-socket', 'unref-worker', 'watcher', 'worker'],
    ])
    expect(rows.join('\n')).toMatch(/^worker .*threads 1\.00, workers 1\.00$/m)
    expect(stdout).toMatch(/19 gates work here; (\d+ min )?[\d.]+ s/)
  })

  it('says what it could not try', async () => {
    const { stdout, code } = await holdwater(['selftest', 'lease', 'fd', '--etcd', 'http://127.0.0.1:1'])
    expect(stdout).toMatch(/lease +not tried/)
    expect(stdout).toMatch(/1 gate works here, 1 not tried/)
    expect(code).toBe(0)
    const none = await holdwater(['selftest', 'lease', '--etcd', 'http://127.0.0.1:1'])
    expect(none.code).toBe(2)
  })

  it('does not pass a gate that cannot see its planted leak', async () => {
    // Every millionth cycle of four hundred: there is none.
    const { stdout, code } = await holdwater(['run', 'controls/fd.leaky', '--cycles', '400', '--resolution', '1/20'], {
      HOLDWATER_LEAK_EVERY: '1000000',
    })
    expect([code, stdout]).toEqual([3, expect.stringMatching(/a leak was expected, and there is none/)])
  })

  it('names the kinds there are where it is asked for another', async () => {
    const { code, stderr } = await holdwater(['selftest', 'thraed'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/expected one of child, external.* got "thraed"/)])
  })
})

describe('the table of the selftest', () => {
  const run = (verdict: 'clean' | 'leaking' | 'inconclusive', growth: number): Run => {
    const recording = recordingOf({ fds: repeat(101, (i) => i * growth) }, { named: ['fds'] })
    return { ...toRun([{ recording, path: 'x' }], judge(recording)), verdict }
  }
  const text = (tested: Tested[]) => selftestText(tested, 1000, 80, (_, plain) => plain)
  it('says which gate cannot see its leak, and which sees one that is not there', () => {
    const seen = [
      { kind: 'fd', twin: 'leaky', run: run('leaking', 100) },
      { kind: 'fd', twin: 'clean', run: run('clean', 0) },
    ] as const
    expect(text([...seen])).toMatchObject({
      state: 'seen',
      text: expect.stringMatching(/^fd +yes +clean +fds 1\.00$/m),
    })
    const blind = text([{ ...seen[0], run: run('clean', 0) }, seen[1]])
    expect(blind).toMatchObject({ state: 'missed', text: expect.stringMatching(/fd +cannot see it/) })
    const broken = { ...seen[0].run, verdict: null, outcome: 'error' as const, reasonCode: 'unstartable' as const }
    expect(text([{ ...seen[0], run: broken }, seen[1]])).toMatchObject({ state: 'missed' })
    expect(text([{ ...seen[0], run: { ...broken, reasonCode: 'environment-missing' } }, seen[1]]).state).toBe('skipped')
    const wolf = text([seen[0], { ...seen[1], run: run('leaking', 100) }])
    expect(wolf).toMatchObject({ state: 'missed', text: expect.stringMatching(/fd +sees what is not there +leaking/) })
    const open = text([seen[0], { ...seen[1], run: run('inconclusive', 0) }])
    expect(open).toMatchObject({
      state: 'missed',
      text: expect.stringMatching(/fd +cannot tell, try again +inconclusive/),
    })
  })
})
