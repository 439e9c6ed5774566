/** Command targets: programs in any language, judged from outside. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { liveProcesses } from '../harness/processes/proc.ts'
import { bearing, fixture, holdwater, scratch, start } from './holdwater.ts'

const command = fixture('command.mjs')
const run = (kind: string, ...args: string[]) => holdwater(['run', command, ...args], { KIND: kind })
const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
const nothingIsLeft = (tmp: string) => expect([readdirSync(tmp), bearing(tmp)]).toEqual([[], []])

describe.concurrent('a command is judged by what the kernel and the server see', () => {
  it.each(['clean', 'stderr'])('%s: a line on either stream is a cycle', async (kind) => {
    const { results, code, stdout, tmp } = await run(kind)
    expect(code, stdout).toBe(0)
    const [done] = results?.runs ?? []
    expect(done).toMatchObject({ verdict: 'clean', failedCycles: 0, checkpointShare: null })
    expect(done?.command?.slice(-1)).toEqual([kind])
    expect(done?.resources.map(({ name }) => name)).not.toContain('workers')
    nothingIsLeft(tmp)
  })

  it('a leak of one descriptor per cycle', async () => {
    const { results, code } = await run('leaky', '--explain', 'auto')
    expect(code).toBe(3)
    // There is no probe in it: what the kernel calls them is better than a number.
    const suspects = results?.runs[0]?.suspects
    expect(suspects).toMatchObject([{ resource: 'fds', kind: 'path', what: '/dev/null', stack: [] }])
    const fds = results?.runs[0]?.resources.find(({ name }) => name === 'fds')
    expect(fds).toMatchObject({ verdict: 'leaking' })
    // A busy machine reads it within some later cycle, now and then, and the interval says so.
    expect(fds?.low).toBeLessThanOrEqual(1)
    expect(fds?.high).toBeGreaterThanOrEqual(1)
    expect(fds?.high).toBeLessThan(2)
  })

  it('all that came of it is read with it, unless the scenario says no', async () => {
    const fdsOf = async (KIND: string, TREE = '') => {
      const { results, code, stdout } = await holdwater(['run', command], { KIND, TREE })
      const fds = results?.runs[0]?.resources.find(({ name }) => name === 'fds')
      expect(fds, stdout).toBeDefined()
      return [fds?.verdict, code]
    }
    expect(await fdsOf('wrapped-leaky')).toEqual(['leaking', 3])
    expect(await fdsOf('wrapped-clean')).toEqual(['clean', 0])
    // The shell itself holds what it held.
    expect(await fdsOf('wrapped-leaky', 'false')).toEqual(['clean', 0])
  })

  it('a worker that is replaced takes nothing with it', async () => {
    const told = async (KIND: string) => {
      const { results, stdout } = await holdwater(['run', fixture('replaces.mjs'), '--for', '12s', '--until', 'end'], {
        KIND,
      })
      const [run] = results?.runs ?? []
      return { verdict: run?.verdict, reason: run?.reason, stdout }
    }
    const [leaky, clean] = await Promise.all([told('leaky'), told('clean')])
    expect(leaky.reason, leaky.stdout).toMatch(/^Leaks fds of node replaced.mjs: /)
    expect(clean.verdict, clean.stdout).toBe('clean')
  })

  it('a limit of its own that refused it is what its leak ends in', async () => {
    const { results, code, stdout } = await run('refused', '--explain', 'never')
    expect(code, stdout).toBe(3)
    expect(results?.runs[0]?.reason).toMatch(
      /^Leaks fds: .* What it ends in: open: Too many open files \(Errno::EMFILE\)\.$/,
    )
  })

  it('what fills up and stays is not taken for a leak', async () => {
    const { results, stdout } = await run('fills-up', '--cycles', '600')
    expect(results?.runs[0]?.resources.find(({ name }) => name === 'fds')?.end).toBeGreaterThanOrEqual(60)
    expect(results?.runs[0]?.verdict, stdout).not.toBe('leaking')
  })

  it('serverState() is asked of the scenario’s own process', async () => {
    const { results } = await run('server-state')
    expect(results?.runs[0]?.resources.find(({ name }) => name === 'server.asked')).toMatchObject({
      verdict: 'leaking',
    })
  })

  it('a flood of output is read to its last line and kept in part', async () => {
    const { results, code, stdout, out } = await run('flood')
    expect(code, stdout).toBe(0)
    expect(results?.runs[0]?.verdict).toBe('clean')
    expect(statSync(join(out, results?.runs[0]?.scenario ?? '', 'command-stdout.log')).size).toBeLessThan(9 * 1024 ** 2)
  })
})

describe.concurrent('a command that cannot be judged', () => {
  it('ends early: inconclusive, with its last words', async () => {
    const { code, stdout, tmp } = await run('ends-early')
    expect(code).toBe(4)
    expect(stdout.replace(/\s+/g, ' ')).toMatch('the command left with exit code 7; it is expected to go on')
    expect(stdout).toMatch('│ the cluster is gone')
    nothingIsLeft(tmp)
  })

  it('leaves its children: they are counted and ended', async () => {
    const { code, stdout, tmp } = await run('leaves-children')
    expect(code).toBe(4)
    expect(stdout.replace(/\s+/g, ' ')).toMatch('left 4 of its processes behind, which were ended')
    nothingIsLeft(tmp)
  })

  it('leaves one that escaped with its output: holdwater does not wait for it', async () => {
    const { code, stdout } = await run('escapes')
    const escaped = liveProcesses().filter(({ pid, group }) => group === pid && commandOf(pid) === 'sleep 100 ')
    expect(escaped).toHaveLength(1)
    for (const { pid } of escaped) process.kill(pid, 'SIGKILL')
    expect(code).toBe(4)
    expect(stdout).toMatch('│ the cluster is gone')
  })

  it('never prints its mark', async () => {
    const { code, stdout, results } = await run('unmarked', '--start-timeout', '2s')
    expect(code).toBe(4)
    expect(results?.runs[0]).toMatchObject({ reasonCode: 'mark-never-seen', cycles: 0 })
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/\/\^tick \\d\+\$\/ was not seen within 2 s: none of its [\d,]+ lines/)
  })

  it('falls silent', async () => {
    const { code, results } = await run('falls-silent')
    expect(code).toBe(4)
    expect(results?.runs[0]).toMatchObject({ reasonCode: 'cycle-timeout', cycles: 20 })
  })

  it.each([
    ['nowhere', 'no no-such-program on the PATH'],
    ['no-executable', 'there is no such executable file'],
    ['bad-interpreter', 'cannot be started'],
    ['not-strings', '`command` failed: expected an array of strings'],
  ])('cannot be started: %s', async (kind, says) => {
    const { code, stderr, tmp } = await run(kind)
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
    nothingIsLeft(tmp)
  })
})

describe.concurrent('a command that is not on this machine', () => {
  it('is skipped, and the line says how to get it', async () => {
    const { code, stdout, results } = await holdwater(['run', command, 'controls/idle'], { NEEDS: 'no-such-program' })
    expect(code).toBe(0)
    expect(stdout).toMatch('no-such-program is not on this machine. Get it from its makers.')
    expect(results?.runs.map(({ outcome }) => outcome)).toEqual(['skipped', 'pass'])
  })

  it('is no pass when everything is skipped', async () => {
    const { code } = await holdwater(['run', command], { NEEDS: 'no-such-program' })
    expect(code).toBe(2)
  })

  it('is an error with --no-skip', async () => {
    const { code, stderr, results } = await holdwater(['run', command, 'controls/idle', '--no-skip'], {
      NEEDS: 'no-such-program',
    })
    expect(code).toBe(2)
    expect(stderr).toMatch('Get it from its makers.')
    expect(results?.runs.map(({ outcome }) => outcome)).toEqual(['error', 'pass'])
  })
})

describe.concurrent('what ends holdwater ends the command', () => {
  it('Ctrl-C: judged, reported, and nothing is left', async () => {
    const { out, tmp } = scratch()
    const going = start(['run', command, '--for', '60s', '--until', 'end', '--out', out], {
      TMPDIR: tmp,
      KIND: 'clean',
    })
    await going.until('Node ')
    await going.until(/cycles ·/)
    going.child.kill('SIGINT')
    const { code, stdout } = await going.finished
    expect(code, stdout).toBe(130)
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['index.html', 'results.json']))
    nothingIsLeft(tmp)
  })
})
