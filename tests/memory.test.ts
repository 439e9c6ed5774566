/** Memory, as it is judged where nobody said anything of it: whole runs of default length. */
import { describe, expect, it } from 'vitest'
import { fixture, holdwater } from './holdwater.ts'

const run = async (kind: string, ...more: string[]) => {
  const { results, code, stdout, stderr } = await holdwater(['run', fixture('keeps.mjs'), ...more], { KIND: kind })
  const [run] = results?.runs ?? []
  if (!run) throw new Error(stdout + stderr)
  return { run, code, stdout, of: (name: string) => run.resources.find((resource) => resource.name === name) }
}

describe.concurrent('what is kept', () => {
  it.each([
    ['map', 'heap', 700, 900],
    ['set', 'heap', 700, 900],
    ['array', 'heap', 700, 900],
    ['buffer', 'external', 39_000, 41_000],
    ['shared', 'native', 195_000, 205_000],
  ])('in a %s leaks %s, by what is put into it', async (kind, resource, least, most) => {
    const { run: found, code, stdout, of } = await run(kind, '--explain', 'never')
    expect([found.verdict, code], stdout).toEqual(['leaking', 3])
    expect(of(resource), stdout).toMatchObject({ verdict: 'leaking', gate: 'default' })
    const { growthPerCycle, low, high, budget } = of(resource) ?? {}
    expect(growthPerCycle).toBeGreaterThan(least)
    expect(growthPerCycle).toBeLessThan(most)
    expect(low).toBeGreaterThan(budget as number)
    expect(high).toBeGreaterThanOrEqual(growthPerCycle as number)
  })

  it('and let go of again is clean, also of what V8 knows nothing of', async () => {
    const { run: found, code, of, stdout } = await run('shared-let-go')
    expect([found.verdict, code], stdout).toEqual(['clean', 0])
    // It was read. What a collection has yet to free may leave it undecided, which holds nothing back.
    expect(of('native')?.peak).not.toBeNull()
    expect(of('native')?.verdict).not.toBe('leaking')
  })

  it('in small pieces stays within its budget, and how much it is is said', async () => {
    const { run: found, code } = await run('little')
    expect([found.verdict, code]).toEqual(['clean', 0])
    expect(found.reason).toMatch(
      /^Nothing grows beyond its budget \(heap \d+ B of 200 B per cycle, \d+ kB more than before the first cycle\): threads, /,
    )
  })
})

it('memory that is held for a while, more of it and less, is waited for', async () => {
  const { run: found, code, stdout } = await run('held', '--cycles', '1000', '--resolution', '1/20')
  expect([found.verdict, code], stdout).toEqual(['clean', 0])
  expect(found.reason).toMatch(/\(heap held to [\d.]+ kB per cycle, for want of time\)/)
})

describe.concurrent('what grows beneath what comes and goes', () => {
  const cycles = ['--cycles', '2000', '--resolution', '1/200', '--budget', 'heap=off', '--budget', 'external=off']

  it('shows when that is gone, and is no pass', async () => {
    const { run: found, code, stdout } = await run('hidden', ...cycles)
    expect([found.verdict, code], stdout).toEqual(['inconclusive', 4])
    expect(found.reason).toMatch(/^Cannot tell about timers: is 4\d higher at rest than it was, .*\(without --cycles/)
  })

  it('or is not there', async () => {
    const { run: found, code, stdout } = await run('transient', ...cycles)
    expect([found.verdict, code], stdout).toEqual(['clean', 0])
  })
})

describe.concurrent('a run that nobody gave a length', () => {
  it('goes on past 10,000 cycles, until one late singleton is outlived', async () => {
    const { run: found, code, stdout, of } = await run('singleton')
    expect([found.verdict, code], stdout).toEqual(['clean', 0])
    expect(found.cycles).toBeGreaterThan(10_100)
    expect(of('timers')?.end).toBe((of('timers')?.start ?? 0) + 1)
    expect(of('timers')?.detectable).toBeLessThan(1 / 1000)
  })

  it('that was given one does not, and says what would be enough', async () => {
    const { run: found, code } = await run('singleton', '--cycles', '6000')
    expect([found.verdict, code]).toEqual(['inconclusive', 4])
    const asked = Number(/--cycles (\d+)/.exec(found.reason)?.[1])
    const again = await run('singleton', '--cycles', String(asked))
    expect([again.run.verdict, again.code], again.stdout).toEqual(['clean', 0])
  })

  it('of fewer than 500 cycles says in its first line that memory was not judged', async () => {
    const { run: found, code } = await run('map', '--cycles', '400', '--resolution', '1/20')
    expect([found.verdict, code]).toEqual(['clean', 0])
    expect(found.reason).toMatch(
      /^Nothing grows: threads, .*; not judged: heap and external \(fewer than 500 cycles\);/,
    )
  })
})
