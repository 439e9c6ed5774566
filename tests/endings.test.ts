/** However a run ends, it ends with a verdict that says so, and leaves nothing. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { etcdAnswers } from '../harness/dcs/api.ts'
import { readRecording } from '../harness/recording/read.ts'
import { bearing, fixture, hasEtcd, holdwater, needsEtcd, needsNode20, node20, scratch, start } from './holdwater.ts'

const idle = ['run', 'controls/idle', '--reporter', 'json']
const slow = ['run', fixture('slow.mjs'), '--for', '60s']

describe.concurrent('what a run says when it ends', () => {
  it('clean: exit code 0', async () => {
    const { code, results } = await holdwater(idle)
    expect(code).toBe(0)
    expect(results?.runs[0]).toMatchObject({ verdict: 'clean', outcome: 'pass', failedCycles: 0 })
  })

  it('too short to tell: exit code 4, and how many more cycles it takes', async () => {
    const { code, results } = await holdwater([...idle, '--cycles', '500'])
    expect(code).toBe(4)
    expect(results?.runs[0]?.reason).toMatch(/too short to tell; run about [\d,]+ more cycles/)
  })

  it('a length is counted after the warm-up, and the first lines say so', async () => {
    const { stdout, results } = await holdwater(['run', 'controls/idle', '--cycles', '10', '--until', 'end'])
    expect(stdout).toMatch('up to 10 cycles after the warm-up;')
    expect(results?.runs[0]).toMatchObject({ cycles: 11 })
  })

  it('an expected leak that is absent: exit code 3', async () => {
    const { code, results, stdout } = await holdwater(['run', fixture('expects-a-leak.mjs')])
    expect(code, stdout).toBe(3)
    expect(results?.runs[0]).toMatchObject({ verdict: 'clean', outcome: 'fail' })
    expect(stdout).toMatch('a leak was expected, and there is none')
  })

  it('several scenarios: one that cannot start does not keep the others from it', async () => {
    const { code, results, stderr } = await holdwater(['run', fixture('bad/nothing.mjs'), 'controls/idle'])
    expect(code).toBe(2)
    expect(stderr).toMatch('nothing.mjs')
    expect(results?.runs.map(({ outcome }) => outcome)).toEqual(['error', 'pass'])
  })

  it('a plain module that exports cycle(index) is a scenario too', async () => {
    const { code, results } = await holdwater(['run', fixture('plain-module.mjs')])
    expect([code, results?.runs[0]?.failedCycles]).toEqual([0, 0])
  })

  it('a module may export what it likes and use process.send', async () => {
    const { code, stderr } = await holdwater(['run', fixture('odd-module.mjs')])
    expect(code, stderr).toBe(0)
  })

  it('a serverState() that returns no numbers is said, by name', async () => {
    const { code, results } = await holdwater(['run', fixture('odd-state.mjs')])
    expect(code).toBe(4)
    expect(results?.runs[0]?.reason).toMatch('serverState(): expected a number for "rows", got "3"')
  })

  it('two files of one name do not share a recording', async () => {
    const { results } = await holdwater(['run', fixture('same/a.mjs'), fixture('same/a.mts')])
    expect(new Set(results?.runs.map(({ recordings }) => recordings[0]?.path)).size).toBe(2)
  })

  it('what an earlier run left is not taken for this one’s', async () => {
    const { out } = scratch()
    const args = ['run', fixture('leaving.mjs'), '--out', out]
    expect((await start(args, { HOW: 'throw' }).finished).stdout).toMatch('nobody caught this')
    expect((await start(args, { HOW: 'exit' }).finished).stdout).not.toMatch('nobody caught this')
  })

  it('`list` names what ships, and nothing else of this checkout', async () => {
    const { stdout } = await start(['list']).finished
    const names = stdout.trim().split('\n')
    expect(names.filter((name) => /^controls\/[^/]*\.(leaky|clean)$/.test(name))).toHaveLength(38)
    expect(names.filter((name) => /^controls\/faults\/[^/]*\.(leaky|clean)$/.test(name))).toHaveLength(22)
    expect(names.filter((name) => name.includes('/errors/'))).toHaveLength(14)
    expect(names.filter((name) => !/\.(leaky|clean)$|\/errors\//.test(name))).toEqual([
      'controls/idle',
      'dcs-client/cached-client',
      'dcs-client/pool',
      'dcs-client/resolver-leak',
      'dcs-client/resolver-shared',
      'dcs-client/resolver-stopped',
      'dcs-client/watch-leak',
      'dcs-client/watch',
      'etcd3/lease-revoked',
      'etcd3/lease',
      'etcd3/put',
      'http-gateway/aborted-requests-cancelled',
      'http-gateway/aborted-requests',
      'http-gateway/client-per-request',
      'http-gateway/shared-client',
      'patroni/patronictl-watch',
    ])
  })

  it('cycles that throw: exit code 4 once they are more than maxFailedCycles', async () => {
    const { code, results } = await holdwater(['run', fixture('failing.mjs')], { RATE: '10' })
    expect(code).toBe(4)
    expect(results?.runs[0]).toMatchObject({ verdict: 'inconclusive', reasonCode: 'failed-cycles' })
    expect(results?.runs[0]?.reason).toMatch(
      /^\d+ of \d+ cycles failed, more than maxFailedCycles allows \(1 %\); cycle 0: connection refused\.$/,
    )
    expect(results?.runs[0]?.events).toContainEqual(
      expect.objectContaining({ kind: 'failed-cycle', text: 'cycle 0: connection refused' }),
    )
  })

  it('cycles that throw now and then are counted and allowed', async () => {
    const { code, results } = await holdwater(['run', fixture('failing.mjs')], { RATE: '200' })
    expect([code, results?.runs[0]?.verdict]).toEqual([0, 'clean'])
    expect(results?.runs[0]?.failedCycles).toBeGreaterThan(10)
  })

  it.each(['waits', 'blocks'])('a cycle that %s for ever: exit code 4', async (HOW) => {
    const { code, results } = await holdwater(['run', fixture('hanging.mjs')], { HOW })
    expect(code).toBe(4)
    expect(results?.runs[0]).toMatchObject({ verdict: 'inconclusive', reasonCode: 'cycle-timeout' })
    expect(results?.runs[0]?.reason).toMatch(/^A cycle hung: cycle 100 .* 0\.3 s\.$/)
  })

  it('a cycle that heeds its signal has failed, and the run goes on', async () => {
    const { code, results } = await holdwater(['run', fixture('hanging.mjs')], { HOW: 'obeys' })
    expect([code, results?.runs[0]?.failedCycles]).toEqual([0, 1])
    expect(results?.runs[0]?.events.find(({ kind }) => kind === 'failed-cycle')?.text).toBe(
      'cycle 100: the cycle took longer than cycleTimeout (300 ms)',
    )
  })

  it.each([
    ['exit', /exit code 7/, 'process.exit(7) was called at leaving.mjs:8 in a cycle'],
    ['kill', /SIGKILL/, null],
    ['throw', /died of an uncaught error: nobody caught this/, 'it died of an uncaught error: nobody caught this'],
  ] as const)('a target that leaves by %s: exit code 4', async (HOW, says, event) => {
    const { code, results } = await holdwater(['run', fixture('leaving.mjs')], { HOW })
    const [run] = results?.runs ?? []
    expect(code).toBe(4)
    expect(run).toMatchObject({ verdict: 'inconclusive', reasonCode: 'target-died' })
    expect(run?.reason).toMatch(says)
    if (event) expect(run?.events.map(({ text }) => text)).toContain(event)
    if (HOW === 'throw') expect(run?.exit?.stderrTail).toMatch('nobody caught this')
  })

  it('a channel that somebody else keeps open is waited for by nobody', async () => {
    const { results, stdout } = await holdwater(['run', fixture('inherited.mjs')])
    const texts = results?.runs[0]?.events.map(({ text }) => text) ?? []
    const pid = Number(/started (\d+)/.exec(texts.join())?.[1])
    // Its line is empty once it has ended.
    expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1'), stdout).toMatch('sleep')
    process.kill(pid, 'SIGKILL')
    expect(results?.runs[0]?.reasonCode).not.toBe('target-died')
  })

  it('a target that leaves a program behind which holds its channel is not waited for: exit code 4', async () => {
    const { code, results } = await holdwater(['run', fixture('leaves-a-daemon.mjs')])
    const [run] = results?.runs ?? []
    const daemon = Number(/sleeps as (\d+)/.exec(run?.exit?.stderrTail ?? '')?.[1])
    expect(() => process.kill(daemon, 'SIGKILL'), 'it lived all along').not.toThrow()
    expect(code).toBe(4)
    expect(run?.reason).toMatch(/exit code 7.*, and something that it left behind still held the channel to holdwater/)
  })

  it('a guard ends a leak with a verdict, not with a dead machine', async () => {
    const { code, results } = await holdwater(['run', fixture('ballooning.mjs')])
    expect(code).not.toBe(0)
    expect(results?.runs[0]?.guard).toMatch(/threads grew by \d+, over the guard of 20/)
    expect(results?.runs[0]?.cycles).toBeLessThan(100)
  })

  it.skipIf(!hasEtcd)(`an etcd that dies in the middle: exit code 4${needsEtcd}`, async () => {
    const { out, tmp } = scratch()
    const args = ['run', fixture('on-etcd.mjs'), '--etcd', 'local', '--for', '60s', '--out', out]
    const run = start(args, { TMPDIR: tmp })
    await run.until('http://127.0.0.1:')
    const port = /127\.0\.0\.1:(\d+)/.exec(run.output())?.[1]
    const etcd = bearing(tmp).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`:${port}`))
    process.kill(etcd as number, 'SIGKILL')
    const { code, stdout } = await run.finished
    expect(code, run.output()).toBe(4)
    expect(stdout).toMatch(/Etcd died \(SIGKILL\) near cycle \d+/)
  })

  it.skipIf(!hasEtcd)(`an etcd at a URL that dies in the middle: exit code 4${needsEtcd}`, async () => {
    const { tmp, out } = scratch()
    const dir = join(tmp, 'data')
    const url = 'http://127.0.0.1:23997'
    const peers = 'http://127.0.0.1:23998'
    const args = [
      `--data-dir=${dir}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
    ]
    const etcd = spawn('etcd', args, { stdio: 'ignore' })
    while (!(await etcdAnswers(url, 1000))) await wait(20)
    const run = start(['run', fixture('on-etcd.mjs'), '--for', '60s', '--etcd', url, '--out', out], { TMPDIR: tmp })
    await run.until('an etcd that was already running')
    await untilCheckpoints(out, 2)
    etcd.kill('SIGKILL')
    const { code, stdout } = await run.finished
    expect(code).toBe(4)
    expect(stdout).toMatch('Etcd at http://127.0.0.1:23997 no longer answers')
  })

  it.skipIf(!node20)(`targets run on Node 20${needsNode20}`, async () => {
    const args = ['run', fixture('twin.mjs'), '--cycles', '400', '--node', node20 ?? '']
    const leaky = await holdwater(args, { KIND: 'unref-interval', TWIN: 'leaky' })
    expect(leaky.results?.runs[0]?.resources.find(({ name }) => name === 'timers')?.growthPerCycle).toBeCloseTo(1, 2)
    const clean = await holdwater(args, { KIND: 'server', TWIN: 'clean' })
    expect([clean.code, clean.results?.runs[0]?.verdict], clean.stdout).toEqual([0, 'clean'])
    expect(clean.stdout).toMatch(/Node 20\./)
  })
})

describe.concurrent('what ends holdwater', () => {
  it('Ctrl-C stops at the next checkpoint, judges, reports and exits 130', async () => {
    const { out, tmp } = scratch()
    const run = start([...slow, '--out', out], { TMPDIR: tmp })
    await run.until('Node ')
    await untilCheckpoints(out, 3)
    run.child.kill('SIGINT')
    const { code, stdout } = await run.finished
    expect(code).toBe(130)
    expect(stdout).toMatch('stopped by Ctrl-C')
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['index.html', 'results.json']))
    expect([readdirSync(tmp), bearing(tmp)]).toEqual([[], []])
  })

  it('Ctrl-C: a leak that is seen by then says why it is not explained', async () => {
    const { out, tmp } = scratch()
    const leak = ['run', fixture('slow-leak.mjs'), '--for', '60s', '--until', 'end', '--explain', 'auto', '--out', out]
    const run = start(leak, { TMPDIR: tmp })
    await untilCheckpoints(out, 20)
    run.child.kill('SIGINT')
    const { code, stdout } = await run.finished
    expect(code).toBe(130)
    expect(stdout).toMatch('Leaks fds')
    expect(stdout).toMatch('The leak could not be explained: the run was stopped by Ctrl-C')
  })

  it('a second Ctrl-C aborts at once and leaves nothing', async () => {
    const { out, tmp } = scratch()
    const run = start([...slow, '--out', out], { TMPDIR: tmp })
    await run.until('Node ')
    run.child.kill('SIGINT')
    await run.until('press Ctrl-C again')
    run.child.kill('SIGINT')
    expect((await run.finished).code).toBe(130)
    await untilNothingIsLeft(tmp)
  })

  it('kill -9 at ten random moments leaves nothing, and each recording is readable', async () => {
    let recordings = 0
    for (let i = 0; i < 10; i++) {
      const { out, tmp } = scratch()
      const run = start([...(hasEtcd ? ['run', fixture('on-etcd.mjs'), '--for', '60s'] : slow), '--out', out], {
        TMPDIR: tmp,
      })
      // Half of them while it starts, half while it records.
      if (i % 2 === 1) await untilCheckpoints(out, 1)
      await wait(Math.random() * 2000)
      run.child.kill('SIGKILL')
      await run.finished
      await untilNothingIsLeft(tmp)
      for (const path of recordingsIn(out)) {
        expect(readRecording(path).header.plan.scenario.title).not.toBe('')
        recordings++
      }
    }
    expect(recordings).toBeGreaterThanOrEqual(5)
  })
})

const recordingsIn = (out: string): string[] => {
  try {
    return readdirSync(out, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ndjson'))
      .map((name) => join(out, name))
  } catch {
    return []
  }
}

async function untilCheckpoints(out: string, count: number): Promise<void> {
  for (;;) {
    const [path] = recordingsIn(out)
    if (path && (readFileSync(path, 'utf8').match(/"line":"checkpoint"/g) ?? []).length >= count) return
    await wait(20)
  }
}

/** The warden works for a moment longer than holdwater lives. */
async function untilNothingIsLeft(tmp: string): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    if (bearing(tmp).length === 0 && readdirSync(tmp).length === 0) return
    await wait(50)
  }
  expect([readdirSync(tmp), bearing(tmp)]).toEqual([[], []])
}
