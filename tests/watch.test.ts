/** `holdwater watch`: processes that nobody wrote a scenario for. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { type Results, resultsSchema } from '../harness/model.ts'
import { procLacks } from '../harness/processes/proc.ts'
import { scratch, start } from './holdwater.ts'

const isRoot = process.getuid?.() === 0
const others: ChildProcess[] = []
afterAll(() => {
  for (const child of others) child.kill('SIGKILL')
})
/** A process of which holdwater knows nothing; it is there when it has said so. */
async function somebody(script: string, before: readonly string[] = []): Promise<ChildProcess & { pid: number }> {
  const [file = '', ...rest] = [...before, process.execPath, '-e', `${script}; console.log('ready')`]
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  others.push(child)
  await once(createInterface({ input: child.stdout }), 'line')
  return child as ChildProcess & { pid: number }
}
const opens = (everyMs: number) =>
  `setInterval(() => { require('node:fs').openSync('/dev/null'); console.log('cycle') }, ${everyMs})`
const idles = 'setInterval(() => {}, 1e6)'

/** How many readings have been recorded so far. */
const readingsIn = (out: string): number => {
  const [path] = globSync('watch/*/recording.ndjson', { cwd: out })
  return path ? readFileSync(join(out, path), 'utf8').split('"line":"checkpoint"').length - 1 : 0
}

function watch(args: readonly string[], command: readonly string[] = []) {
  const { out } = scratch()
  const running = start(['watch', '--out', out, ...args, ...(command.length > 0 ? ['--', ...command] : [])])
  const results = async (): Promise<Results> => {
    await running.finished
    return resultsSchema.parse(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')))
  }
  return { ...running, out, results }
}

describe.skipIf(procLacks).concurrent(`watch${procLacks ? ` (skipped: ${procLacks})` : ''}`, () => {
  it('a process that leaks: until the verdict is certain, per minute, with a forecast against its own limits', async () => {
    const { pid } = await somebody(opens(100))
    const { finished, results, out } = watch(['--pid', String(pid), '--every', '100ms', '--until', 'verdict'])
    const { code, stdout } = await finished
    expect(code, stdout).toBe(3)
    const [run] = (await results()).runs
    expect(run).toMatchObject({ scenario: 'watch/node', verdict: 'leaking', outcome: 'fail', cycleUnit: 'minute' })
    const fds = run?.resources.find(({ name }) => name === 'fds')
    expect(fds).toMatchObject({ verdict: 'leaking', forecast: { source: 'RLIMIT_NOFILE' } })
    // Ten a second; on a busy machine its timers come late.
    expect(fds?.growthPerCycle).toBeGreaterThan(300)
    expect(fds?.growthPerCycle).toBeLessThan(660)
    expect(run?.reason).toMatch(/^Leaks fds: grows by [\d.]+ per minute/)
    expect(run?.forecast).toMatch(/^Dies of RLIMIT_NOFILE, [\d,]+, in about /)
    expect(`${run?.reason}${run?.forecast}`).not.toMatch('cycle')
    // What was recorded can be judged and rendered again.
    const again = await start(['report', out]).finished
    expect(again.code, again.stdout).toBe(3)
    expect((await results()).runs[0]).toMatchObject({ verdict: 'leaking', reason: run?.reason })
  })

  it('a process that stands at a limit: told at once, though nothing grows', async () => {
    const fills = `const { openSync } = require('node:fs'); try { for (;;) openSync('/dev/null') } catch {}; ${idles}`
    const { pid } = await somebody(fills, ['prlimit', '--nofile=60', '--'])
    const { finished, results, until, output } = watch(['--pid', String(pid), '--every', '200ms', '--for', '5s'])
    await until(/At a limit: 60 of\s+60 fds \(RLIMIT_NOFILE\)/)
    expect(output()).not.toMatch('inconclusive')
    await finished
    const [run] = (await results()).runs
    expect(run?.reason).toMatch(/At a limit: 60 of 60 fds \(RLIMIT_NOFILE\)\.$/)
  })

  it('a command, by the marks that it prints: per cycle', async () => {
    const { finished, results } = watch(
      ['--every', '50ms', '--until', 'verdict', '--cycle-mark', '^cycle$'],
      [process.execPath, '-e', opens(20)],
    )
    expect((await finished).code).toBe(3)
    const [run] = (await results()).runs
    expect(run).toMatchObject({ verdict: 'leaking', cycleUnit: 'cycle', command: [process.execPath, '-e', opens(20)] })
    expect(run?.resources.find(({ name }) => name === 'fds')?.growthPerCycle).toBeCloseTo(1, 1)
  })

  it('what fills up in the time of the watch is not called a leak, nor by report', async () => {
    const pool = `let n = 0; const t = setInterval(() => { if (++n > 15) clearInterval(t); require('node:fs').openSync('/dev/null') }, 150); ${idles}`
    const { finished, results, out } = watch(['--every', '50ms', '--for', '3s'], [process.execPath, '-e', pool])
    expect((await finished).code).toBe(4)
    expect((await results()).runs[0]?.verdict).toBe('inconclusive')
    expect((await start(['report', out]).finished).code).toBe(4)
  })

  it('its descendants, too, with --tree', async () => {
    // Each ends with the one that started it, whose end of the pipe closes.
    const ends = `process.stdin.once('end', () => process.exit()).resume(); ${idles}`
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(ends)}])`
    const { pid } = await somebody(`${child}; ${child}; ${idles}`)
    const threadsOf = async (...args: string[]) => {
      const { results } = watch(['--pid', String(pid), '--for', '1s', '--every', '100ms', ...args])
      const [run] = (await results()).runs
      const of = (name: string) => run?.resources.find((resource) => resource.name === name)?.end ?? 0
      return { threads: of('threads'), children: of('children') }
    }
    const [alone, all] = [await threadsOf(), await threadsOf('--tree')]
    expect([alone.children, all.children]).toEqual([2, 2])
    expect(all.threads).toBeGreaterThanOrEqual(alone.threads + 2)
  })

  it('a command with all that came of it, unless --no-tree: a leak in a child is seen', async () => {
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(opens(50))}], { stdio: 'ignore' })`
    const command = [process.execPath, '-e', `${child}; ${idles}`]
    const verdictOf = async (...args: string[]) => {
      const { results } = watch(['--every', '50ms', ...args], command)
      const [run] = (await results()).runs
      return [run?.verdict, run?.resources.find(({ name }) => name === 'fds')?.verdict]
    }
    const [whole, alone] = await Promise.all([verdictOf('--until', 'verdict'), verdictOf('--no-tree', '--for', '3s')])
    expect(whole).toEqual(['leaking', 'leaking'])
    expect(alone[1]).not.toBe('leaking')
  })

  it('a process that ends: with what is known, exit code 4', async () => {
    const child = await somebody(`process.stdin.on('data', () => process.exit()); ${idles}`)
    const { finished, results, out } = watch(['--pid', String(child.pid), '--every', '50ms'])
    await expect.poll(() => readingsIn(out), { timeout: 20_000 }).toBeGreaterThan(3)
    child.stdin?.write('end\n')
    expect((await finished).code).toBe(4)
    const [run] = (await results()).runs
    expect(run).toMatchObject({ verdict: 'inconclusive', reasonCode: 'process-ended' })
    expect(run?.reason).toMatch(/\(the process ended\)\.$/)
  })

  it('a command that fails: how it left, and its last words', async () => {
    const { results } = watch(
      ['--every', '50ms'],
      [process.execPath, '-e', "console.error('no more'); process.exitCode = 7"],
    )
    const [run] = (await results()).runs
    expect(run?.exit).toMatchObject({ code: 7, stderrTail: 'no more' })
  })

  it('Ctrl-C: the reports are written, exit code 130', async () => {
    const { pid } = await somebody(idles)
    const { child, finished, results, until } = watch(['--pid', String(pid)])
    await until('it ends, or Ctrl-C')
    child.kill('SIGINT')
    expect((await finished).code).toBe(130)
    expect((await results()).runs[0]?.reasonCode).toBe('interrupted')
  })

  it('another user’s process: what can be read is judged, and what cannot is said', async () => {
    // For an ordinary user that is the first process there is; for root, nothing is another's.
    const [pid, before] = isRoot
      ? [(await somebody(idles)).pid, ['setpriv', '--reuid', '54321', '--clear-groups', '--']]
      : [1, []]
    const { tmp } = scratch()
    const [file = '', ...rest] = [
      ...before,
      process.execPath,
      'harness/cli.ts',
      'watch',
      '--pid',
      String(pid),
      '--for',
      '1s',
      '--reporter',
      'terminal',
      '--out',
      join(tmp, 'out'),
    ]
    for (const folder of [join(tmp, '..'), tmp]) chmodSync(folder, 0o777)
    const child = spawn(file, rest, { env: { ...process.env, NODE_COMPILE_CACHE: '', TMPDIR: tmp } })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    const [code] = await once(child, 'close')
    expect(code, said).toBe(4)
    expect(said.replace(/\s+/g, ' ')).toMatch(
      /belongs to uid 0, and you are uid \d+: .* descriptors, sockets .* cannot/,
    )
    expect(said).toMatch('not read: fds and sockets')
    expect(said).toMatch('Cannot tell about threads')
  })

  it.each([
    [['--pid', '4194303'], 'expected a process that runs and that you may see, got none of that number'],
    [['--pid', '2'], /expected a process, got|got none of that number/],
    [[], 'expected either --pid PID, or -- and a command'],
    [['--pid', '1', '--', 'sleep', '1'], 'got both'],
    [['--pid', '1', '--cycle-mark', 'x'], '--cycle-mark: expected a command'],
    [['--', 'no-such-command'], 'no no-such-command on the PATH'],
    [['--cycle-mark', '(', '--', 'sleep', '1'], 'Expected a regular expression'],
    [['--budget', 'workers=0', '--pid', '1'], '--budget: expected a resource of this target, got "workers"'],
    [['--budget', 'threads.peak=2kB', '--pid', '1'], '--budget threads.peak: expected a count, such as 8, got "2kB"'],
  ])('%j: exit code 2', async (args, said) => {
    const { code, stdout, stderr } = await start(['watch', '--out', scratch().out, ...args]).finished
    expect(code).toBe(2)
    expect(stdout + stderr).toMatch(said)
  })
})
