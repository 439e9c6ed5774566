/** Faults on a real etcd: what leaks only under one is told from what does not, and nothing is left broken behind. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startEtcd } from '../harness/dcs/etcd.ts'
import { startWarden } from '../harness/processes/warden.ts'
import { bearing, fixture, hasDocker, hasEtcd, holdwater, needsDocker, needsEtcd, scratch, start } from './holdwater.ts'

describe.concurrent('a leak under faults', () => {
  it.skipIf(!hasEtcd)(`shows beside its clean twin, in a drawn report${needsEtcd}`, async () => {
    const { results, code, stdout } = await holdwater([
      'run',
      'controls/faults/refuse.leaky',
      'controls/faults/refuse.clean',
      '--etcd',
      'local',
    ])
    expect(code, stdout).toBe(0)
    const [leaky, clean] = results?.runs ?? []
    expect(leaky).toMatchObject({ verdict: 'leaking', reasonCode: 'grows-under-faults', faults: [{ do: 'refuse' }] })
    expect(leaky?.reason).toMatch(/^Leaks sockets: grows only while connections to etcd are refused: 0\.3\d per failed/)
    expect(clean?.reason).toMatch(
      /Nor while connections to etcd are refused: \d+ cycles ran under faults, (all|\d+) of them failed/,
    )
    expect(leaky?.events.filter(({ kind }) => kind === 'fault').slice(0, 2)).toMatchObject([
      { cycles: 20, text: 'connections to etcd are refused' },
      { cycles: 23, text: 'over' },
    ])
  })
  it.skipIf(!hasDocker)(`also of an etcd in a container${needsDocker}`, async () => {
    const faults = [
      '--fault',
      'pause:every=40,cycles=3',
      '--fault',
      'kill:every=40,from=60,cycles=3',
      '--cycles',
      '110',
    ]
    const { results, stdout } = await holdwater(['run', 'controls/faults/pause.clean', '--etcd', 'docker', ...faults])
    const [run] = results?.runs ?? []
    expect(run?.etcd?.provider, stdout).toBe('docker')
    expect(run?.faults, stdout).toMatchObject([
      { do: 'pause', times: 2, failed: 6 },
      { do: 'kill', times: 2, failed: 6 },
    ])
  })
  it.skipIf(!hasEtcd)(`is asked for on the command line, instead of the scenario’s own${needsEtcd}`, async () => {
    const fault = 'pause:every=20,for=250ms,within=5ms'
    const typed = ['--fault', fault, '--seed', '7', '--cycles', '100']
    const { results, stdout } = await holdwater(['run', 'controls/faults/refuse.clean', '--etcd', 'local', ...typed])
    expect(results?.runs[0]?.faults[0]?.do, stdout).toBe('pause')
    expect(results?.runs[0]?.reproduce).toContain(`--fault ${fault} --seed 7`)
    expect(results?.runs[0]?.faults[0]?.failed).toBeGreaterThan(3)
  })
  it.skipIf(!hasEtcd)(`a client that waits without end is let go on${needsEtcd}`, async () => {
    const { results, stdout } = await holdwater(['run', fixture('faults/patient.mjs'), '--etcd', 'local'])
    const [run] = results?.runs ?? []
    expect(run?.faults, stdout).toMatchObject([{ do: 'pause', times: 1, cycles: 1, failed: 1 }])
    expect(run?.cycles, stdout).toBeGreaterThanOrEqual(60)
  })
  it.skipIf(!hasEtcd)(`an etcd whose port was taken while it was away is a fault that failed${needsEtcd}`, async () => {
    const { out, tmp } = scratch()
    const run = start(['run', fixture('faults/steals-port.mjs'), '--etcd', 'local', '--out', out], { TMPDIR: tmp })
    const { code, stdout } = await run.finished
    expect(code, stdout).toBe(4)
    expect(stdout).toMatch(/A fault could not be brought about near cycle \d+: etcd is\s+killed: it left/)
    expect(bearing(tmp)).toEqual([])
  })
})

it.skipIf(!hasEtcd)(`kill -9 and Ctrl-C in the middle of a fault leave nothing behind${needsEtcd}`, async () => {
  for (const [signal, code] of [
    ['SIGKILL', null],
    ['SIGINT', 130],
  ] as const) {
    const { out, tmp } = scratch()
    const args = [
      'controls/faults/blackhole.clean',
      '--etcd',
      'local',
      '--fault',
      'blackhole:at=20,for=1h',
      '--out',
      out,
    ]
    const run = start(['run', ...args], { TMPDIR: tmp })
    await run.until(/final|nothing gets through/)
    run.child.kill(signal)
    expect((await run.finished).code, run.output()).toBe(code)
    while (bearing(tmp).length > 0 || readdirSync(tmp).length > 0) await new Promise((r) => setTimeout(r, 20))
  }
})

describe('faults that cannot be', () => {
  const refused = async (args: string[], says: RegExp) => {
    const { code, stderr, stdout } = await holdwater(['run', 'controls/faults/pause.leaky', ...args])
    expect(code, stdout).toBe(2)
    expect(stderr).toMatch(says)
  }
  it.each([
    ['an unknown kind', ['--fault', 'explode:at=3'], /KIND: expected pause, restart, kill, .*, got "explode"/],
    ['an unknown word', ['--fault', 'pause:each=3'], /Expected KIND:WORD=VALUE.*got "each"/],
    ['a time without its unit', ['--fault', 'pause:at=3,for=2'], /got "for=2"/],
    ['times that overlap', ['--fault', 'pause:every=50', '--fault', 'kill:at=100'], /expected faults that never meet/],
    [
      'a fault that never comes',
      ['--fault', 'pause:at=9999'],
      /begins within the run, which has 400 cycles at most, got one at cycle 9999/,
    ],
    ['the leader of one', ['--fault', 'pause:every=20,node=leader'], /node=leader: expected a cluster/],
  ] as const)('%s', async (_, args, says) => {
    await refused([...args], says)
  })
  it('of a scenario without an etcd', async () => {
    const { code, stderr } = await holdwater(['run', 'controls/idle', '--fault', 'pause:at=3'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--fault: expected a scenario with `needs: { etcd: true }`/)
  })
  it.skipIf(!hasEtcd)(`on an etcd that is not ours, unless --allow-faults${needsEtcd}`, async () => {
    await using warden = await startWarden()
    await using etcd = await startEtcd('local', { warden, say() {}, readyWithinMs: 30_000, passedOver: [] })
    const at = ['--etcd', etcd.endpoints[0] as string]
    await refused(at, /the one at that URL is not ours to break/)
    await refused(
      [...at, '--allow-faults'],
      /pause: an etcd that is given by its URL cannot be ended or paused from here/,
    )
    const wire = ['--allow-faults', '--fault', 'refuse:every=20,cycles=3', '--cycles', '100']
    const { results, stdout } = await holdwater(['run', 'controls/faults/refuse.clean', ...at, ...wire])
    expect(results?.runs[0]?.faults[0]?.failed, stdout).toBeGreaterThan(5)
  })
})
