/** An error that nobody catches fails a cycle, and only where the scenario says so, or Node itself gives up, the run ends. */
import { describe, expect, it } from 'vitest'
import type { Run } from '../harness/model.ts'
import { fixture, holdwater, needsNode20, node20 } from './holdwater.ts'

async function soaked(
  env: { HOW: string; EVERY?: string; UNCAUGHT?: string; ALL?: string; NODE_OPTIONS?: string },
  ...args: string[]
): Promise<{ run: Run; code: number | null; stdout: string }> {
  const done = await holdwater(['run', fixture('uncaught.mjs'), ...args], env)
  const [run] = done.results?.runs ?? []
  if (!run) throw new Error(done.stdout + done.stderr)
  return { run, code: done.code, stdout: done.stdout }
}

const failures = (run: Run) => run.events.filter(({ kind }) => kind === 'failed-cycle')
const texts = (run: Run) => run.events.map(({ text }) => text)
const listeners = (run: Run) => {
  const row = run.resources.find(({ name }) => name === 'listeners')
  return [row?.verdict, row?.start, row?.end]
}

describe.concurrent('what nobody catches', () => {
  it.each([
    ['rejects', 'unhandled rejection: nobody waits for this'],
    ['throws', 'uncaught error: lost in a cycle'],
  ])('%s: a failed cycle each time, and below maxFailedCycles the run is judged', async (HOW, says) => {
    const { run, code, stdout } = await soaked({ HOW, EVERY: '200' })
    expect([run.verdict, code], stdout).toEqual(['clean', 0])
    expect(run.failedCycles).toBeGreaterThan(10)
    expect(run.failedCycles).toBe(Math.floor(run.cycles / 200))
    const [first] = failures(run)
    expect(first?.text).toBe(`cycle 199: ${says}`)
    expect(first?.stack).toMatch(/^\s+at .*uncaught\.mjs:\d+:\d+/)
    expect(first?.stack).not.toMatch('probe/node')
    expect(stdout).toMatch(/failed: cycle 199: .*\n\s+at .*uncaught\.mjs:/)
    // Nothing of ours is counted, and nothing is there for the scenario to count.
    expect(listeners(run)).toEqual(['clean', 0, 0])
    expect(texts(run)).toContain('0 listeners, 0 seen')
  })

  it('above maxFailedCycles the run is inconclusive, and says what it was', async () => {
    const { run, code } = await soaked({ HOW: 'rejects', EVERY: '10' })
    expect([run.verdict, run.reasonCode, code]).toEqual(['inconclusive', 'failed-cycles', 4])
    expect(run.reason).toMatch(/cycles failed, .*; cycle 9: unhandled rejection: nobody waits for this\.$/)
  })

  it('a cycle that fails by itself, too, has failed once', async () => {
    const { run } = await soaked({ HOW: 'fails twice', EVERY: '2', ALL: '1' }, '--cycles', '100')
    expect(run.failedCycles).toBe(Math.floor(run.cycles / 2))
    expect(texts(run)).toEqual(
      expect.arrayContaining(['cycle 1: uncaught error: lost in a cycle', 'cycle 1: and by itself']),
    )
  })

  it('between batches fails the last cycle, once', async () => {
    const { run } = await soaked({ HOW: 'drain', ALL: '1' }, '--cycles', '200')
    expect(run.exit?.code ?? null).toBeNull()
    expect(failures(run).map(({ text }) => text)).toContain('cycle 0: uncaught error: lost in drain')
    // The last one of every batch; no batch comes before the first checkpoint, nor before the closing one.
    expect(run.failedCycles).toBeGreaterThanOrEqual(run.checkpoints - 2)
    expect(run.failedCycles).toBeLessThanOrEqual(run.cycles)
  })

  it('in a teardown ends nothing', async () => {
    const { run } = await soaked({ HOW: 'teardown' })
    expect([run.verdict, run.exit?.left]).toEqual(['clean', true])
    expect(texts(run)).toContainEqual(expect.stringMatching(/^cycle \d+: uncaught error: lost in teardown$/))
    expect(texts(run)).toContain('0 listeners, 0 seen')
  })

  it('is said first of a cycle that hangs for it', async () => {
    const { run } = await soaked({ HOW: 'throws and hangs', EVERY: '100' })
    expect(run.reasonCode).toBe('cycle-timeout')
    expect(run.reason).toBe('A cycle hung: cycle 99 was still running after 0.3 s, uncaught error: lost in a cycle.')
  })

  it('is the scenario’s own affair where it has handlers', async () => {
    const { run } = await soaked({ HOW: 'handled', EVERY: '10' })
    expect([run.verdict, run.failedCycles, failures(run)]).toEqual(['clean', 0, []])
    // The two of the scenario, and no third.
    expect(listeners(run)).toEqual(['clean', 2, 2])
    expect(texts(run)).toContain(`1 listeners, ${Math.floor(run.cycles / 10)} seen`)
  })

  it('is a domain’s own affair where it has a handler', async () => {
    const { run } = await soaked({ HOW: 'in a domain', EVERY: '10' }, '--cycles', '400')
    expect([run.failedCycles, failures(run)]).toEqual([0, []])
    expect(texts(run)).toContain(`0 listeners, ${Math.floor(run.cycles / 10)} seen`)
  })

  it.skipIf(!node20)(`is the same on Node 20${needsNode20}`, async () => {
    const { run, stdout } = await soaked({ HOW: 'rejects', EVERY: '200' }, '--node', node20 ?? '')
    expect(run.verdict, stdout).toBe('clean')
    expect(run.failedCycles).toBe(Math.floor(run.cycles / 200))
    expect(texts(run)).toContain('0 listeners, 0 seen')
  })

  it('of a server under load fails a request', async () => {
    const { results, stdout } = await holdwater(['run', fixture('uncaught-server.mjs')])
    const [run] = results?.runs ?? []
    expect(run?.reasonCode, stdout).not.toBe('target-died')
    expect(run?.failedCycles).toBe(Math.floor((run?.cycles ?? 0) / 200))
    expect(texts(run as Run)).toContainEqual(
      expect.stringMatching(/^cycle \d+: uncaught error: lost after the answer$/),
    )
  })

  it.each(['odd values', 'odd values, thrown', 'odd values, rejected'])('may be anything: %s', async (HOW) => {
    const { run } = await soaked({ HOW, ALL: '1' }, '--cycles', '100')
    expect(run.reasonCode).not.toBe('target-died')
    expect(run.failedCycles).toBe(run.cycles)
    const told = failures(run).map(({ text }) => text)
    expect(told.find((text) => /null/.test(text))).toBeDefined()
    expect(told.find((text) => /Symbol\(odd\)/.test(text))).toBeDefined()
    expect(told.find((text) => /no code here/.test(text))).toBeDefined()
    expect(told.find((text) => /long long.*… \(cut: \d+ characters\)/.test(text))).toBeDefined()
    expect(Math.max(...told.map(({ length }) => length))).toBeLessThan(2000)
  })

  it('has an end to what is told of it', async () => {
    const { run } = await soaked({ HOW: 'codes', ALL: '1' }, '--cycles', '1000')
    expect(run.failedCycles).toBe(run.cycles)
    expect(failures(run)).toHaveLength(51)
    expect(failures(run).at(-1)?.text).toMatch(/^cycle 50: from here on failed cycles are counted/)
  })
})

describe.concurrent('what ends the run, with the error first', () => {
  it.each([
    ['rejects', 'unhandled rejection: nobody waits for this'],
    ['throws', 'uncaught error: lost in a cycle'],
  ])('%s where the scenario asks for Node’s own behaviour', async (HOW, says) => {
    const { run, code } = await soaked({ HOW, EVERY: '100', UNCAUGHT: 'crash' })
    expect([code, run.reasonCode, run.failedCycles, run.exit?.code]).toEqual([4, 'target-died', 0, 1])
    expect(run.reason).toMatch(/^The run ended near cycle \d+: the target died of an /)
    expect(run.reason).toMatch(`died of an ${says}.`)
    expect(run.exit?.stderrTail).toMatch(says.replace(/^.*: /, ''))
    const told = run.events.find(({ text }) => text === `it died of an ${says}`)
    expect(told?.stack).toMatch(/^\s+at .*uncaught\.mjs:\d+:\d+/)
    expect(texts(run).join()).not.toMatch('process.exit')
  })

  it('a server that dies of one', async () => {
    const { results, stdout } = await holdwater(['run', fixture('uncaught-server.mjs')], { UNCAUGHT: 'crash' })
    expect(results?.runs[0]?.reason, stdout).toMatch('died of an uncaught error: lost after the answer')
  })

  it('process.exit', async () => {
    const { run } = await soaked({ HOW: 'exits', EVERY: '100' })
    expect(run.reason).toMatch(
      /the target left with exit code 7: process\.exit\(7\) was called at uncaught\.mjs:\d+ in a cycle/,
    )
  })

  it('process.exit of a handler of its own, with what it handled', async () => {
    const { run } = await soaked({ HOW: 'handler exits' }, '--cycles', '100')
    expect(run.reason).toMatch(
      /process\.exit\(7\) was called at uncaught\.mjs:\d+, after an uncaught error: lost in a cycle/,
    )
  })

  it('a channel that the scenario closes', async () => {
    const { run } = await soaked({ HOW: 'disconnects', EVERY: '100' })
    expect(run.reason).toMatch('because the scenario closed its channel to holdwater, as process.disconnect() does')
    expect(run.reason).not.toMatch('SIGKILL')
  })

  it('an abort', async () => {
    const { run } = await soaked({ HOW: 'aborts', EVERY: '100' })
    expect(run.reason).toMatch('the target was ended by SIGABRT')
  })

  it('a heap that is full', async () => {
    const { run } = await soaked({ HOW: 'exhausts', EVERY: '100', NODE_OPTIONS: '--max-old-space-size=100' })
    expect(run.reason).toMatch(/the target was ended by SIGABRT: FATAL ERROR: .*heap/)
  })

  it('a process.send that the scenario replaces ends nothing', async () => {
    const { run, code } = await soaked({ HOW: 'send' })
    expect([run.verdict, code]).toEqual(['clean', 0])
  })

  it('before the first cycle it keeps the run from starting', async () => {
    const { code, stderr } = await holdwater(['run', fixture('uncaught.mjs')], { HOW: 'setup' })
    expect(code, stderr).toBe(2)
    expect(stderr).toMatch('`setup` failed: the target died of an uncaught error: lost in setup')
  })
})
