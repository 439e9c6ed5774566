import { describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import type { PlannedResource } from '../model.ts'
import { judge } from './judge.ts'

const flat = repeat(101, () => 7)
const leak = repeat(101, (i) => i * 100)
const exit = { code: null, signal: 'SIGKILL', stderrTail: '' }

describe('the verdict of a run', () => {
  it('is clean when every gate is', () => {
    expect(judge(recordingOf({ threads: flat, fds: flat }))).toMatchObject({ verdict: 'clean' })
  })

  it('is leaking when one gate is, and names the most telling resource', () => {
    const { verdict, because } = judge(recordingOf({ fds: leak, threads: leak, workers: leak, timers: flat }))
    expect([verdict, because]).toEqual(['leaking', 'workers'])
  })

  it('is inconclusive when a gate is and none leaks', () => {
    const short = recordingOf({ threads: flat.slice(0, 20) })
    expect(judge(short)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short', because: 'threads' })
  })

  it('never rests on no reading', () => {
    const none = repeat(101, () => null)
    expect(judge(recordingOf({ threads: none }))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'no-gate' })
    expect(judge(recordingOf({ threads: [] }))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'no-checkpoints' })
  })

  it('leaves out what is only defaulted and cannot be read, and not what is named', () => {
    const series = { threads: flat, timers: repeat(101, () => null) }
    expect(judge(recordingOf(series))).toMatchObject({ verdict: 'clean' })
    expect(judge(recordingOf(series, { named: ['timers'] }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'not-read',
      because: 'timers',
    })
  })

  it('is inconclusive when a gate stops being read, and forgives a missed reading', () => {
    const stops = repeat(101, (i) => (i < 40 ? 7 : null))
    const misses = repeat(101, (i) => (i === 40 ? null : 7))
    expect(judge(recordingOf({ threads: flat, handles: stops }))).toMatchObject({ reasonCode: 'stopped-being-read' })
    expect(judge(recordingOf({ threads: flat, handles: misses }))).toMatchObject({ verdict: 'clean' })
  })

  it('cuts the series of a server at its resets, and no other', () => {
    const swept = repeat(101, (i) => (i < 90 ? i * 100 : (i - 90) * 100))
    const recording = recordingOf({ threads: flat, 'etcd.leases': swept })
    expect(judge(recording).verdict).not.toBe('leaking')
    const ofServer = recording.header.plan.resources.find(({ name }) => name === 'etcd.leases')
    Object.assign(ofServer as PlannedResource, { view: 'server' })
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'etcd.leases' })
  })

  it('has the forecast of what grows, and the headroom of what does not', () => {
    const limits = [{ resource: 'threads' as const, source: 'RLIMIT_NPROC', limit: 20_000, now: 12_000 }]
    const recording = recordingOf({ threads: leak, workers: flat })
    const judged = judge({ ...recording, limits: [{ line: 'limits', ms: 0, cycles: 0, limits }] })
    expect(judged.resources[0]?.forecast).toMatchObject({ limit: 20_000, source: 'RLIMIT_NPROC', cyclesLeft: 8000 })
    expect(judged.resources[0]?.headroom).toMatchObject({ left: 8000 })
    expect(judged.resources[1]).toMatchObject({ forecast: null, headroom: { left: 8000 } })
    expect(judged.dies).toMatchObject({ name: 'threads', cyclesLeft: 8000 })
  })

  it.each(['etcd-died', 'failed-cycles', 'cycle-timeout'] as const)('proves nothing after %s', (ending) => {
    expect(judge(recordingOf({ threads: leak }, { ending }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: ending,
    })
  })

  it('after the target died, believes overwhelming evidence only', () => {
    expect(judge(recordingOf({ threads: leak }, { ending: 'target-died', exit })).verdict).toBe('leaking')
    const weak = repeat(101, (i) => Math.floor(i / 15))
    expect(judge(recordingOf({ threads: weak })).verdict).toBe('leaking')
    expect(judge(recordingOf({ threads: weak }, { ending: 'target-died', exit }))).toMatchObject({
      reasonCode: 'target-died',
    })
    expect(judge(recordingOf({ threads: flat }, { ending: 'target-died', exit }))).toMatchObject({
      reasonCode: 'target-died',
    })
  })

  it('after a guard that ended the target, too', () => {
    const weak = repeat(101, (i) => Math.floor(i / 15))
    expect(judge(recordingOf({ threads: weak }, { ending: 'guard', exit }))).toMatchObject({ reasonCode: 'guard' })
  })

  it('is not clean where a guard ended the run, unless it was growth that a baseline accepts', () => {
    expect(judge(recordingOf({ threads: flat }, { ending: 'guard' }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'guard',
    })
    const known = recordingOf({ threads: flat, fds: leak }, { ending: 'guard' })
    known.header.plan.accepted = { fds: { growthPerCycle: 1, low: 1, high: 1, reason: '#12', until: '2027-01-01' } }
    expect(judge(known).verdict).toBe('clean')
  })

  it('proves nothing where more cycles failed than may, however few', () => {
    expect(judge(recordingOf({ threads: flat }, { failed: 101 }))).toMatchObject({ reasonCode: 'failed-cycles' })
    expect(judge(recordingOf({ threads: flat }, { failed: 100 }))).toMatchObject({ verdict: 'clean' })
  })

  it('of a recording that holdwater never finished is inconclusive', () => {
    expect(judge({ ...recordingOf({ threads: leak }), end: null })).toMatchObject({ reasonCode: 'cut-short' })
  })

  it('judges what serverState() returned, though no plan could name it', () => {
    const recording = recordingOf({ threads: flat, 'server.rows': leak })
    recording.header.plan.resources.pop()
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'server.rows' })
  })
})
