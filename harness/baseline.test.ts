import { describe, expect, it } from 'vitest'
import { toRun } from '../reports/results.ts'
import { recordingOf, repeat } from '../tests/recording-of.ts'
import { mismatchOf, toBaseline, undecidedOf, unneededOf } from './baseline.ts'
import { conclude } from './judge/confirm.ts'
import { judge } from './judge/judge.ts'
import { lookEarly } from './judge/look.ts'
import { type Accepted, baselineSchema, RESULTS_SCHEMA, type Results } from './model.ts'

const growing = (perCycle: number) => repeat(101, (i) => Math.floor(i * 100 * perCycle))
const recordingWith = (perCycle: number, accepted: Record<string, Accepted> = {}) => {
  const recording = recordingOf({ threads: growing(perCycle), fds: growing(0) })
  const { header } = recording
  return { ...recording, header: { ...header, plan: { ...header.plan, accepted } } }
}
const resultsOf = (perCycle: number, expectation: 'clean' | 'leaking' = 'clean'): Results => {
  const recording = recordingWith(perCycle)
  const { tool, host, startedAt } = recording.header
  const run = { ...toRun([{ recording, path: 'recording.ndjson' }], judge(recording)), expect: expectation }
  return { schema: RESULTS_SCHEMA, tool, host, startedAt, revision: null, baseline: null, runs: [run] }
}

describe('a baseline', () => {
  const { baseline } = toBaseline(resultsOf(1), null)

  it('has the growth that leaks, a reason to be written and a day, and nothing else', () => {
    expect(baselineSchema.parse(baseline)).toEqual(baseline)
    expect(baseline).toMatchObject({
      saved: '2026-01-02',
      environment: { node: '24', etcd: '3.4', os: 'Linux', arch: 'x64' },
    })
    expect(baseline.scenarios).toEqual({
      'a/scenario': {
        threads: {
          growthPerCycle: 1,
          low: 1,
          high: 1,
          reason: 'there when this baseline was saved; say why it may stay',
          until: '2026-04-02',
        },
      },
    })
  })
  it('keeps what somebody wrote, and the scenarios that were not run', () => {
    const written = {
      ...(baseline.scenarios['a/scenario']?.threads as Accepted),
      reason: 'known: #12',
      until: '2026-02-01',
    }
    const before = { ...baseline, scenarios: { 'a/scenario': { threads: written }, other: {} } }
    const { scenarios } = toBaseline(resultsOf(2), before).baseline
    expect(scenarios['a/scenario']?.threads).toMatchObject({
      growthPerCycle: 2,
      reason: 'known: #12',
      until: '2026-02-01',
    })
    expect(Object.keys(scenarios)).toEqual(['a/scenario', 'other'])
  })
  it('has no place for what leaks as it should, nor for what did not start', () => {
    expect(toBaseline(resultsOf(1, 'leaking'), null).baseline.scenarios).toEqual({})
    const [run] = resultsOf(1).runs as [Results['runs'][0]]
    const failed = { ...resultsOf(1), runs: [{ ...run, verdict: null, outcome: 'error' as const }] }
    expect(toBaseline(failed, baseline)).toMatchObject({ baseline: { scenarios: baseline.scenarios }, unsaved: [{}] })
  })
  it('says what its run could not tell of, and keeps what it had of that', () => {
    const results = resultsOf(1)
    const [run] = results.runs as [Results['runs'][0]]
    const [fds] = run.resources.filter(({ name }) => name === 'fds') as [Results['runs'][0]['resources'][0]]
    const of = (name: string, changed: Partial<typeof fds>) => ({ ...fds, name, ...changed })
    const resources = [
      ...run.resources,
      of('heap', { verdict: null, reasonCode: 'not-judged' }),
      of('external', { verdict: 'inconclusive', reasonCode: 'too-short' }),
      of('rss', { verdict: null, reasonCode: null, level: 'off' }),
      of('pss', { verdict: null, reasonCode: 'not-read' }),
    ]
    const open = { ...results, runs: [{ ...run, resources }] }
    const threads = baseline.scenarios['a/scenario']?.threads as Accepted
    const before = { ...baseline, scenarios: { 'a/scenario': { threads, heap: threads, pss: threads } } }
    const { baseline: after } = toBaseline(open, before)
    expect(Object.keys(after.scenarios['a/scenario'] ?? {})).toEqual(['heap', 'threads'])
    expect(undecidedOf(after, open)).toEqual([{ scenario: 'a/scenario', kept: ['heap'], missing: ['external'] }])
    expect(undecidedOf(baseline, results)).toEqual([])
  })
  it('knows what it accepts in vain: what no longer leaks, or never was', () => {
    const threads = baseline.scenarios['a/scenario']?.threads as Accepted
    const odd = { ...baseline, scenarios: { 'a/scenario': { threads, thread: threads }, 'not/run': { fds: threads } } }
    expect(unneededOf(odd, resultsOf(1))).toEqual(['a/scenario: thread'])
    expect(unneededOf(odd, resultsOf(0))).toEqual(['a/scenario: threads', 'a/scenario: thread'])
  })
  it('says in what its environment differs', () => {
    expect(mismatchOf(baseline.environment, resultsOf(1))).toEqual([])
    const environment = { ...baseline.environment, node: '22', etcd: '3.5' }
    expect(mismatchOf(environment, resultsOf(1))).toEqual([
      'ran on Node 22, this on 24',
      'ran on etcd 3.5, this on 3.4',
    ])
  })
})

describe('a leak that a baseline accepts', () => {
  const accepted = { growthPerCycle: 1, low: 1, high: 1, reason: 'known: #12', until: '2026-01-02' }
  const judged = (perCycle: number, changed: Partial<Accepted> = {}) => {
    const recording = recordingWith(perCycle, { threads: { ...accepted, ...changed } })
    const run = toRun([{ recording, path: 'recording.ndjson' }], judge(recording))
    return { run, threads: run.resources.find(({ name }) => name === 'threads') }
  }

  it('fails nothing while it grows as it did, to its last day, and the sentence says so', () => {
    const { run, threads } = judged(1)
    expect([run.verdict, threads?.verdict, threads?.accepted?.reason]).toEqual(['known', 'leaking', 'known: #12'])
    expect(run.reason).toMatch(/^Nothing else grows: fds held/)
    expect(run.reason).toMatch(/Known: threads 1\.00 per cycle, accepted until 2026-01-02: known: #12\./)
  })
  it('counts when it grows faster', () => {
    const { run } = judged(2)
    expect(run.verdict).toBe('leaking')
    expect(run.reason).toMatch(/threads: grows by 2\.00 per cycle .*; more than the 1\.00 per cycle that is accepted/)
  })
  it('counts again after its day', () => {
    const { run } = judged(1, { until: '2026-01-01' })
    expect(run.verdict).toBe('leaking')
    expect(run.reason).toMatch(/was accepted until 2026-01-01, and counts again/)
  })
  it('leaves it open where it seems to grow faster, and too unsteadily to be sure', () => {
    const weak = { ...accepted, growthPerCycle: 0.1, low: 0.09, high: 0.11 }
    const late = recordingOf({
      threads: repeat(101, (i) => Math.floor(i * 10 + Math.max(0, i - 45) ** 2 * 2)),
      fds: growing(0),
    })
    const recording = { ...late, header: recordingWith(1, { threads: weak }).header }
    const verdict = judge(recording)
    expect(verdict.verdict).not.toBe('clean')
    const unsteady = recordingOf({ threads: repeat(101, (i) => Math.floor(i / 24) * 400), fds: growing(0) })
    expect(judge({ ...unsteady, header: recording.header })).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'perhaps-worse',
    })
  })
  it('is measured to the end: what is certain of the others does not end the run', () => {
    const early = { ...recordingWith(1, { threads: accepted }), end: null }
    expect([lookEarly(early), lookEarly({ ...recordingWith(0), end: null })]).toEqual([null, 'clean'])
    expect(lookEarly({ ...recordingWith(1), end: null })).toBe('leaking')
  })
  it('is no excuse for a cap that is passed', () => {
    const recording = recordingWith(1, { threads: accepted })
    Object.assign(recording.header.plan.resources[0] as object, { peak: 50 })
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', reasonCode: 'over-peak' })
  })
  it('confirms no other: that needs a second run of its own', () => {
    const weak = repeat(101, (i) => Math.floor(i / 19))
    const both = recordingOf({ threads: growing(1), fds: weak })
    const recording = { ...both, header: recordingWith(1, { threads: accepted }).header }
    const first = judge(recording)
    expect(first).toMatchObject({ verdict: 'leaking', because: 'fds', confirmed: false })
    // The second run sees the accepted leak alone.
    const second = {
      ...judge(recordingWith(1, { threads: accepted })),
      verdict: 'leaking' as const,
      because: 'threads',
    }
    expect(conclude(first, second)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'not-confirmed' })
  })
  it('is no excuse for another', () => {
    const recording = recordingWith(0, { threads: accepted })
    const other = { ...recording, checkpoints: recordingOf({ threads: growing(0), fds: growing(1) }).checkpoints }
    expect(judge(other)).toMatchObject({ verdict: 'leaking', because: 'fds' })
  })
})
