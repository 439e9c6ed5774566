/** Every control, as `holdwater selftest` runs them: does the gate see each planted leak, and say nothing of its clean twin? */
import { describe, expect, it } from 'vitest'
import { hasEtcd, holdwater, needsEtcd } from './holdwater.ts'

describe('holdwater selftest', () => {
  it.skipIf(!hasEtcd)(`finds every gate working${needsEtcd}`, async () => {
    const { code, stdout, stderr } = await holdwater(['selftest', '--etcd', 'local'])
    expect([code, stderr], stdout).toEqual([0, ''])
    const rows = stdout.split('\n').filter((line) => / yes +clean /.test(line))
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual([
      ...[
        'child',
        'external',
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
    expect(stdout).toMatch(/18 gates work here; [\d.]+ s/)
  })

  it('says what it could not try, and is no pass where it could try nothing of a kind', async () => {
    const { stdout, code } = await holdwater(['selftest', '--etcd', 'http://127.0.0.1:1'])
    expect(stdout).toMatch(/lease +not tried/)
    expect(stdout).toMatch(/15 gates work here, 3 not tried/)
    expect(code).toBe(0)
  })

  it('does not pass a gate that cannot see a planted leak', async () => {
    // A leak of one in a million never happens in a run.
    const env = { HOLDWATER_LEAK_EVERY: '1000000' }
    const { stdout, code } = await holdwater(
      ['run', 'controls/fd.leaky', '--cycles', '400', '--resolution', '1/20'],
      env,
    )
    expect([code, stdout]).toEqual([3, expect.stringMatching(/a leak was expected, and there is none/)])
  })
})
