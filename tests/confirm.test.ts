/** A weak leak is seen twice before it fails anything, and what was recorded is judged again without running anything. */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resultsSchema } from '../harness/model.ts'
import { fixture, holdwater, scratch, start } from './holdwater.ts'

const run = (env: Record<string, string> = {}) => holdwater(['run', fixture('weak-leak.mjs'), '--cycles', '500'], env)
const report = async (folder: string, ...args: string[]) => {
  const { code, stdout, stderr } = await start(['report', folder, ...args]).finished
  return {
    code,
    stdout,
    stderr,
    results: () => resultsSchema.parse(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'))),
  }
}

describe.concurrent('a leak without overwhelming evidence', () => {
  it('fails once a second run has seen it, too', async () => {
    const { results, code, stdout, out } = await run()
    const [found] = results?.runs ?? []
    expect(stdout).toMatch(/a second run, twice as long, in a fresh process, has to see it, too/)
    expect([found?.verdict, code]).toEqual(['leaking', 3])
    expect(found?.recordings.map(({ role }) => role)).toEqual(['measure', 'confirm'])
    expect(found?.resources.find(({ name }) => name === 'fds')).toMatchObject({ verdict: 'leaking', confirmed: true })
    expect(found?.cycles).toBeGreaterThan(500)

    const again = await report(out)
    expect([again.code, again.results().runs[0]?.reason]).toEqual([3, found?.reason])
    // Without the second recording nothing has confirmed it.
    truncateSync(join(out, found?.recordings[1]?.path ?? ''), 0)
    const alone = await report(out)
    expect([alone.code, alone.results().runs[0]?.reasonCode]).toEqual([4, 'not-confirmed'])
    expect(alone.stderr).toMatch(/recording\.confirm\.ndjson: expected a holdwater recording/)
  })

  it('is inconclusive where a second run does not see it', async () => {
    const { results, code } = await run({ ONCE: join(scratch().tmp, 'was-here') })
    const [found] = results?.runs ?? []
    expect([found?.verdict, found?.reasonCode, code]).toEqual(['inconclusive', 'not-confirmed', 4])
    expect(found?.reason).toMatch(/^Cannot tell about fds: a first run looked like a leak.*--cycles \d+\.$/)
  })
})

describe('holdwater report', () => {
  it('judges by other budgets, and by another resolution', async () => {
    const { out, code, results } = await holdwater(['run', 'controls/fd.clean', '--budget', 'timers=0'])
    expect([code, results?.runs[0]?.verdict]).toEqual([0, 'clean'])
    const finer = await report(out, '--resolution', '1/100000')
    expect([finer.code, finer.results().runs[0]?.verdict]).toEqual([4, 'inconclusive'])
    const coarse = await report(out, '--resolution', '1/2')
    expect([coarse.code, coarse.stderr]).toEqual([2, expect.stringMatching(/expected one leak in 10 cycles/)])
    const capped = await report(out, '--budget', 'fds.peak=3')
    expect([capped.code, capped.stdout]).toEqual([3, expect.stringMatching(/fds: reached \d+, over its peak of 3/)])
    const wrong = await report(out, '--budget', 'thraeds=0')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/"thraeds"[\s\S]*Known here: threads/)])
    const sized = await report(out, '--budget', 'fds.total=8MB')
    expect([sized.code, sized.stderr]).toEqual([
      2,
      '--budget fds.total: expected a count, such as 8, got "8MB": sizes are for memory\n',
    ])
  })

  it('of a recording that was cut, before its first checkpoint or in the middle of a line, is inconclusive', async () => {
    const { out } = await holdwater(['run', 'controls/fd.clean'])
    const path = join(out, 'controls/fd.clean/recording.ndjson')
    const text = readFileSync(path, 'utf8')
    const lines = text.split('\n')
    const cuts = [
      text.slice(0, -20),
      text.slice(0, text.length / 2),
      `${lines[0]}\n`,
      `${lines[0]}\n${lines[1]?.slice(0, 30)}`,
    ]
    for (const cut of cuts) {
      writeFileSync(path, cut)
      const { code, stderr, results } = await report(out)
      expect([code, stderr, results().runs[0]?.verdict]).toEqual([4, '', 'inconclusive'])
    }
    const end = lines.filter((line) => line.startsWith('{"line":"end"'))
    writeFileSync(path, `${lines[0]}\n${end[0]}\n`)
    const never = await report(out)
    expect([never.code, never.results().runs[0]?.reasonCode]).toEqual([4, 'no-checkpoints'])
    writeFileSync(path, text.replace(/holdwater-recording\/\d+/, 'holdwater-recording/1'))
    const other = await report(out)
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/got holdwater-recording\/1; read it with/)])

    // Beside one that can be read it is an error, too, and stays in the results.
    const beside = join(out, 'beside')
    mkdirSync(beside)
    writeFileSync(join(beside, 'recording.ndjson'), text)
    const both = await report(out)
    expect(both.code).toBe(2)
    expect(both.results().runs).toMatchObject([
      { scenario: 'controls/fd.clean', verdict: 'clean', outcome: 'pass' },
      { verdict: null, outcome: 'error', reasonCode: 'unreadable' },
    ])
  })
})
