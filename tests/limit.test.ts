/** Targets under real kernel limits: the crash, the forecast that came before it, and by what mechanism. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeHalt } from '../harness/loop/halt.ts'
import type { Run } from '../harness/model.ts'
import { watchForCrash } from '../harness/observe/crash.ts'
import { openRefusals } from '../harness/observe/limits.ts'
import type { Target } from '../harness/observe/target.ts'
import { cgroupsOf } from '../harness/processes/cgroup.ts'
import { removeCgroup } from '../harness/processes/end.ts'
import { onPath } from '../harness/processes/start.ts'
import { fixture, hasEtcd, holdwater, needsEtcd, scratch, start } from './holdwater.ts'

const isRoot = process.getuid?.() === 0
const linux = process.platform === 'linux'
/** Tests run beside each other, and all are of one user. */
const alone = isRoot ? '' : ' (skipped: others of the same user move RLIMIT_NPROC; run the tests as root)'
const toCrash = (...args: string[]) => ['run', ...args, '--until', 'crash']

/** What was forecast half way, as a share of what came. */
const forecastError = ({ crash }: Run): number =>
  Math.abs((crash?.forecast?.cycles ?? Infinity) - (crash?.cycles ?? 0)) / (crash?.cycles ?? 1)

/** Runs a command as somebody who may do nothing special, in a folder of theirs; where we are that already, as we are. */
const ORDINARY_UID = 54_321
const as = (uid: number) => ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--']
const hides = (folder: string) =>
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', folder], { stdio: 'ignore' }).status === 0
const canHide = linux && isRoot && onPath('unshare') !== null && hides('/sys/fs/cgroup')
const onlyRoot = canHide ? '' : ' (skipped: only root may hide cgroups from a process; run the tests as root)'

const cli = resolve('harness/cli.ts')
function runAs(before: readonly string[], args: readonly string[], home: string) {
  const [file = '', ...rest] = [...before, process.execPath, cli, ...args]
  const env = { ...process.env, HOME: home, TMPDIR: home, NO_COLOR: '1', NODE_COMPILE_CACHE: '' }
  return spawnSync(file, rest, { env, encoding: 'utf8', cwd: home })
}

describe.skipIf(!linux).concurrent('the first cycle that a limit refuses', () => {
  it.skipIf(!hasEtcd || !isRoot)(
    `threads: ERR_WORKER_INIT_FAILED, forecast half way${needsEtcd || alone}`,
    async () => {
      const args = toCrash('dcs-client/resolver-leak', '--limit', 'threads=36', '--explain', 'auto')
      const { results, code, stdout } = await holdwater(args)
      expect(code, stdout).toBe(0)
      const run = results?.runs[0] as Run
      expect(run).toMatchObject({ verdict: 'leaking', reasonCode: 'crashed', outcome: 'pass' })
      expect(run.limits).toMatchObject([{ resource: 'threads', value: 36 }])
      expect(run.crash).toMatchObject({ resource: 'threads', survived: true })
      expect(run.crash?.error).toMatch('ERR_WORKER_INIT_FAILED')
      expect(forecastError(run)).toBeLessThanOrEqual(0.05)
      expect(run.suspects[0]?.sentence).toMatch('dns-caching-resolver.ts')
      expect(run.reason).toMatch(/^Crashed after \d+ cycles, .* at the limit of 36 threads/)
      expect(run.forecast).toMatch(/^Half way, at cycle \d+, the forecast was: threads meets .* it came after \d+\.$/)
    },
  )

  it.each([
    ['fds: EMFILE', 'controls/fd.leaky', 'fds=90', /EMFILE/],
    ...(isRoot
      ? [['a process is a thread, too', 'controls/child.leaky', 'threads=60', /spawn sleep EAGAIN/] as const]
      : []),
  ] as const)('%s', async (_, scenario, limit, error) => {
    const { results, code, stdout } = await holdwater(toCrash(scenario, '--limit', limit))
    expect(code, stdout).toBe(0)
    const run = results?.runs[0] as Run
    expect(run.reasonCode).toBe('crashed')
    expect(run.crash?.error).toMatch(error)
    expect(forecastError(run)).toBeLessThanOrEqual(0.05)
  })

  it('memory: ended by the kernel, forecast half way', async () => {
    const { results, code, stdout } = await holdwater(toCrash(fixture('limit/memory.mjs'), '--limit', 'memory=250MB'))
    expect(code, stdout).toBe(0)
    const run = results?.runs[0] as Run
    expect(run).toMatchObject({ reasonCode: 'crashed', crash: { survived: false } })
    expect(forecastError(run)).toBeLessThanOrEqual(0.05)
  })

  it('is where a target stays that catches every refusal', async () => {
    const { results, code, stdout } = await holdwater(toCrash(fixture('limit/catches.mjs'), '--limit', 'fds=90'))
    expect(code, stdout).toBe(0)
    const run = results?.runs[0] as Run
    expect(run).toMatchObject({ reasonCode: 'crashed', crash: { resource: 'fds', error: null, survived: true } })
    expect(forecastError(run)).toBeLessThanOrEqual(0.05)
  })

  it('ends a command once it has left', async () => {
    const { results, code, stdout } = await holdwater(toCrash(fixture('limit/takes-leave.mjs'), '--limit', 'fds=90'))
    expect(code, stdout).toBe(0)
    const [run] = results?.runs ?? []
    expect(run).toMatchObject({ reasonCode: 'crashed', exit: { code: 7 }, crash: { resource: 'fds', survived: false } })
  })

  it('is none where a program only speaks of limits', async () => {
    const args = ['run', fixture('limit/mentions.mjs'), '--limit', 'fds=500', '--cycles', '100']
    const { results } = await holdwater(args)
    expect(results?.runs[0]).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short', crash: null })
  })

  it('before the first cycle is over is no leak that was expected: exit code 2', async () => {
    const { code, stdout, stderr } = await holdwater(toCrash(fixture('limit/pool.mjs'), '--limit', 'threads=16'))
    expect(code).toBe(2)
    expect(stdout + stderr).toMatch('--limit threads=16: the target does not get to its first cycle under it')
  })

  it.skipIf(!isRoot)(
    `is not that of a neighbour in the same cgroup${isRoot ? '' : ' (skipped: needs a cgroup; run the tests as root)'}`,
    async () => {
      const parent = cgroupsOf('self', 'pids')?.folders[0] ?? ''
      const shared = join(parent, `holdwater-test-${process.pid}`)
      mkdirSync(shared)
      try {
        writeFileSync(join(shared, 'pids.max'), '4')
        const inside = (script: string) => ['-c', `echo 0 > ${shared}/cgroup.procs && ${script}`]
        const innocent = spawn('sh', inside('exec sleep 60'), { stdio: 'ignore' })
        await expect.poll(() => readFileSync(join(shared, 'cgroup.procs'), 'utf8')).toMatch(String(innocent.pid))
        const refusals = openRefusals(innocent.pid as number, [])
        const halt = makeHalt(() => {})
        const target = { pid: innocent.pid, refused: () => [] } as Partial<Target> as Target
        const plan = { limits: [{ resource: 'fds' as const, value: 90 }] }
        const crash = watchForCrash({ plan, counted: [], target, cycles: { done: 5 }, halt, ms: () => 0 })
        // Its neighbour asks for more than there are.
        spawnSync('sh', inside('for i in 1 2 3 4 5 6 7 8; do sleep 60 & done'), { stdio: 'ignore' })
        expect(refusals().threads).toBeGreaterThan(0)
        crash.look()
        expect([halt.halted, crash.crash(null)]).toEqual([null, null])
      } finally {
        await removeCgroup(shared)
      }
    },
  )

  it('a clean target meets no limit: clean, exit code 0', async () => {
    const { results, code, stdout } = await holdwater(toCrash('controls/fd.clean', '--limit', 'fds=90'))
    expect(code, stdout).toBe(0)
    expect(results?.runs[0]).toMatchObject({ verdict: 'clean', crash: null, limits: [{ resource: 'fds', value: 90 }] })
  })

  it('a leak that is not expected: exit code 3', async () => {
    const { code } = await holdwater(toCrash(fixture('limit/survives.mjs'), '--limit', 'fds=90', '--until', 'end'))
    expect(code).toBe(0) // expected there
    const unexpected = await holdwater(toCrash(fixture('limit/dies.mjs')), { EXPECT: 'clean' })
    expect(unexpected.code).toBe(3)
  })

  it('a death of which nobody knows why is no expected leak: exit code 4', async () => {
    const { code, results } = await holdwater(toCrash(fixture('limit/dies.mjs')), { EXPECT: 'leaking' })
    expect(code).toBe(4)
    expect(results?.runs[0]).toMatchObject({ verdict: 'inconclusive', reasonCode: 'crashed' })
    expect(results?.runs[0]?.reason).toMatch('ended by SIGSEGV')
  })

  it.skipIf(!isRoot)(
    `is counted by the kernel where the target says nothing${isRoot ? '' : ' (skipped: needs a cgroup; run the tests as root)'}`,
    async () => {
      const { results } = await holdwater(toCrash(fixture('limit/survives.mjs'), '--limit', 'threads=40'))
      const run = results?.runs[0] as Run
      expect(run.crash).toMatchObject({ resource: 'threads', error: null, survived: true })
      expect(run.crash?.refusals).toBeGreaterThan(0)
      expect(run.limits[0]?.refusals).toBe(run.crash?.refusals)
    },
  )
})

describe.skipIf(!linux).concurrent('the mechanism', () => {
  it.skipIf(!canHide)(`of root without cgroups is an unused uid${onlyRoot}`, async () => {
    const { out, tmp } = scratch()
    const hidden = 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"'
    const args = [...toCrash('controls/child.leaky', '--limit', 'threads=40'), '--explain', 'never', '--out', out]
    const { stdout, status } = runAs(['unshare', '-m', 'sh', '-c', hidden, 'sh'], args, tmp)
    expect(status, stdout).toBe(0)
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/RLIMIT_NPROC, under the unused uid \d+/)
    expect(stdout).toMatch('spawn sleep EAGAIN')
  })

  it('of an ordinary user counts on top of what the user has already', async () => {
    const { out, tmp } = scratch()
    for (const folder of [join(tmp, '..'), tmp]) chmodSync(folder, 0o777)
    mkdirSync(out)
    chmodSync(out, 0o777)
    // So many that what others of the user do meanwhile is little.
    const args = [...toCrash('controls/child.leaky', '--limit', 'threads=150'), '--explain', 'never', '--out', out]
    const { stdout, stderr, status } = runAs(isRoot ? as(ORDINARY_UID) : [], args, tmp)
    expect(status, stdout + stderr).toBe(0)
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      // Whom root has made an ordinary user has neither a session nor a cgroup.
      isRoot
        ? /under a limit of 150 threads \(RLIMIT_NPROC, on top of the \d+ tasks/
        : /under a limit of 150 threads \((RLIMIT_NPROC, on top of the \d+ tasks|pids cgroup|systemd scope)/,
    )
    expect(stdout).toMatch('spawn sleep EAGAIN')
  })

  it('that is missing is named, with what would help', async () => {
    const { code, stderr } = await holdwater(['run', 'controls/fd.clean', '--limit', 'fds=90'], {
      PATH: '/nonexistent',
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/--limit fds=90 cannot be set here: no prlimit on the PATH .*\n\s+Install util-linux/)
  })

  it('leaves nothing behind when holdwater is killed', async () => {
    const made = () => globSync('holdwater-*', { cwd: cgroupsOf('self', 'pids')?.folders[0] ?? '/nonexistent' })
    const before = new Set(made())
    const run = start(['run', fixture('slow.mjs'), '--limit', 'threads=300', '--out', scratch().out])
    await run.until('under a limit of')
    const own = made().filter((name) => !before.has(name))
    if (isRoot) expect(own).not.toEqual([])
    run.child.kill('SIGKILL')
    await run.finished
    const left = () => own.filter((name) => existsSync(join(cgroupsOf('self', 'pids')?.folders[0] ?? '', name)))
    await expect.poll(left, { timeout: 10_000 }).toEqual([])
  })

  it.each([
    [['--limit', 'threads=many'], /Expected threads=NUMBER, fds=NUMBER or memory=SIZE/],
    [['--limit', 'memory=5'], /Expected threads=NUMBER, fds=NUMBER or memory=SIZE/],
    [['--limit', 'cpu=2'], /Expected threads=NUMBER, fds=NUMBER or memory=SIZE/],
    [['--limit', 'threads=3'], /--limit threads=3: expected at least the 7 that Node itself starts with/],
    [['--limit', 'fds=12'], /--limit fds=12: the target does not get to its first cycle under it/],
  ])('%s: exit code 2', async (limit, said) => {
    const { code, stdout, stderr } = await holdwater(['run', 'controls/fd.clean', ...limit])
    expect(code).toBe(2)
    expect(stdout + stderr).toMatch(said)
  })
})
