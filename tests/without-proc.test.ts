/** Where there is no /proc, as on macOS: the runtime view still judges, and the kernel view says what it lacks. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resultsSchema } from '../harness/model.ts'
import { scratch } from './holdwater.ts'

/** A mount namespace in which an empty folder is /proc. */
const hidden = ['-rm', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh']
const canHide = spawnSync('unshare', [...hidden, 'true'], { stdio: 'ignore' }).status === 0
const needs = canHide ? '' : ' (skipped: `unshare -rm` is not allowed here; run the tests as root)'

function without(args: readonly string[]) {
  const { out } = scratch()
  const line = [...hidden, process.execPath, resolve('harness/cli.ts'), ...args, '--out', out]
  const { status, stdout, stderr } = spawnSync('unshare', line, { encoding: 'utf8' })
  const results = () => resultsSchema.parse(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')))
  return { status, said: stdout + stderr, results }
}

describe.skipIf(!canHide)(`without /proc${needs}`, () => {
  it('a leak is called by what Node lists, and nothing of the kernel is made up', () => {
    const { status, said, results } = without(['run', 'controls/timer.leaky', '--explain', 'never'])
    expect(status, said).toBe(0)
    const [run] = results().runs
    expect(run).toMatchObject({ verdict: 'leaking', reasonCode: 'grows' })
    const kernel = run?.resources.filter(({ view }) => view === 'kernel') ?? []
    expect(kernel.map(({ name }) => name)).toEqual(['threads', 'fds', 'sockets', 'children', 'rss', 'pss'])
    for (const resource of kernel) {
      expect(resource).toMatchObject({ start: null, end: null, growthPerCycle: null, forecast: null, verdict: null })
      expect(resource.reason).toBe('not read: needs /proc, which is not mounted here')
    }
  })

  it('a resource that a budget names and nobody can read leaves the run undecided', () => {
    const { status, results } = without(['run', 'controls/timer.clean', '--budget', 'threads=0', '--explain', 'never'])
    expect(status).toBe(4)
    expect(results().runs[0]?.reason).toMatch('threads: not read: needs /proc')
  })

  it('watch says what it needs', () => {
    const { status, said } = without(['watch', '--pid', '1'])
    expect(status).toBe(2)
    expect(said).toMatch('it needs /proc')
  })
})
