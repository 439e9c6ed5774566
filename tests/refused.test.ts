/** What leaks until a server refuses it: a second run in small steps sees it, and says what it ends in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Run } from '../harness/model.ts'
import { fixture, holdwater } from './holdwater.ts'

async function soaked(HOW: string, ...args: string[]) {
  const { results, code, stdout, stderr, out } = await holdwater(['run', fixture('refused.mjs'), ...args], { HOW })
  const [run] = results?.runs ?? []
  if (!run) throw new Error(stdout + stderr)
  return { run, code, stdout, out }
}

describe.concurrent('a server that refuses before a verdict', () => {
  it.each([
    ['throws', 'cycle 30: too many clients'],
    ['hangs', 'cycle 30 was still running after 0.5 s'],
  ])('%s: the leak is called, with its line and what it ends in', async (how, end) => {
    const { run, code, stdout } = await soaked(how, '--explain', 'auto')
    expect([run.verdict, run.reasonCode, code], stdout).toEqual(['leaking', 'grows-until-refused', 3])
    expect(run.reason).toMatch(/^Leaks sockets: grows by 2\.00 per cycle/)
    expect(run.reason).toContain(`What it ends in: ${end}`)
    expect(run.suspects[0]?.sentence).toMatch(/TCP socket per cycle, made at .*refused\.mjs:31 in cycle/)
    expect(stdout).toContain('again from the start, in small steps')
  })

  it('what closes its connections is not accused, and the same is said again', async () => {
    const { run, code, stdout, out } = await soaked('closes')
    expect([run.verdict, run.reasonCode, code], stdout).toEqual(['inconclusive', 'failed-cycles', 4])
    expect(stdout).toContain('again from the start, in small steps')
    expect(run.failedCycles).toBeGreaterThan(5)
    expect((await holdwater(['report', out, '--reporter', 'json'])).code).toBe(4)
    const again = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as { runs: [Run] }
    const { reason, cycles, recordings } = run
    expect(again.runs[0]).toMatchObject({ reason, cycles, recordings })
  })

  it('or is away from the first cycle on: nobody is accused', async () => {
    const { run, code, stdout } = await soaked('away')
    expect([run.verdict, run.reasonCode, code], stdout).toEqual(['inconclusive', 'failed-cycles', 4])
    expect(stdout).not.toContain('in small steps')
  })
})
