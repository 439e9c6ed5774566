/** After its teardown a target has to leave by itself, or the report says what holds it. */
import { describe, expect, it } from 'vitest'
import { fixture, holdwater } from './holdwater.ts'

async function soaked(holds: string, ...args: string[]) {
  const { results, code, stdout, stderr } = await holdwater(['run', fixture('holding.mjs'), ...args], { HOLDS: holds })
  const [run] = results?.runs ?? []
  if (!run) throw new Error(stdout + stderr)
  return { run, code, stdout }
}

describe.concurrent('a target that', () => {
  it('lets go of its process says nothing of it', async () => {
    const { run, code } = await soaked('nothing')
    expect([run.verdict, code, run.exit?.left, run.exit?.holding]).toEqual(['clean', 0, true, []])
    expect(run.reason).not.toMatch(/let go/)
  })

  it('does not is warned of, and what holds it is listed with its line', async () => {
    const { run, code, stdout } = await soaked('both', '--explain', 'auto')
    expect([run.verdict, run.outcome, code]).toEqual(['clean', 'pass', 0])
    expect(run.reason).toMatch(
      /Warning: does not let go of the process: 0\.3 s after its teardown it still ran, held by 1 \w+ and 1 \w+\.$/,
    )
    expect(run.exit?.left).toBe(false)
    expect(run.exit?.holding).toContainEqual({
      what: 'Timeout',
      count: 1,
      at: expect.stringMatching(/^tests\/fixtures\/holding\.mjs:17 - .*setInterval/),
    })
    expect(run.exit?.holding.map(({ what }) => what)).toContain('TCPSERVERWRAP')
    expect(stdout).toMatch(/What holds the process[\s\S]*1 Timeout at tests\/fixtures\/holding\.mjs:17/)
    // It is no leak.
    expect(run.suspects).toEqual([])
  })

  it('does not is listed without lines where nothing is explained', async () => {
    const { run } = await soaked('server', '--explain', 'never')
    expect(run.exit?.holding).toEqual([{ what: 'TCPServerWrap', count: 1, at: null }])
    expect(run.recordings.map(({ role }) => role)).toEqual(['measure'])
  })

  it('does not fails the run where its budget says so', async () => {
    const { run, code } = await soaked('server', '--budget', 'exit=error')
    expect([run.verdict, run.reasonCode, run.outcome, code]).toEqual(['leaking', 'holds-process', 'fail', 3])
    expect(run.reason).toMatch(/^Does not let go of the process/)
  })

  it('does not is not asked where its budget says so', async () => {
    const { run, code } = await soaked('both', '--budget', 'exit=off')
    expect([run.verdict, code, run.exit]).toEqual(['clean', 0, null])
  })

  it('fails in its teardown is held by nothing of ours', async () => {
    const { run } = await soaked('throws')
    expect([run.verdict, run.exit?.left]).toEqual(['clean', true])
    expect(run.events.map(({ text }) => text)).toContainEqual('teardown failed: no')
  })

  it('leaves with an error after its teardown lets go, and the events say so', async () => {
    const { run } = await soaked('crash')
    expect([run.verdict, run.exit?.left]).toEqual(['clean', true])
    expect(run.events.map(({ text }) => text)).toContainEqual('after its teardown it left with exit code 7')
  })

  it('never comes back to its event loop is ended all the same', async () => {
    const { run } = await soaked('loop')
    expect(run.exit?.holding).toEqual([{ what: 'code that keeps its event loop', count: 1, at: null }])
  })
})

it('a budget for it is a level', async () => {
  const { code, stderr } = await holdwater(['run', fixture('holding.mjs'), '--budget', 'exit=3'])
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--budget exit: expected error, warn or off, got "3"/)])
})
