import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import type { CrashLine, LimitsLine, Recording } from '../model.ts'
import { judge } from './judge.ts'

const exit = { code: 1, signal: null, stderrTail: '' }
const crash: CrashLine = {
  line: 'crash',
  ms: 10_000,
  cycles: 10_000,
  resource: 'threads',
  error: "can't start new thread",
  refusals: 1,
  survived: false,
}
const leak = Array.from({ length: 100 }, (_, i) => 10 + i)
/** Read at every checkpoint, in a scope of its own: `others` use a part of it, and grow as they like. */
const limitsOf = (others: (i: number) => number): LimitsLine[] =>
  leak.map((threads, i) => ({
    line: 'limits',
    ms: i * 100,
    cycles: i * 100,
    limits: [{ resource: 'threads', source: 'cgroup pids.max', limit: 310, now: threads + others(i) }],
  }))
const crashed = (changed: Partial<Recording> = {}): Recording => ({
  ...recordingOf({ threads: leak }, { ending: 'crashed', exit }),
  crash,
  ...changed,
})

describe('a crash', () => {
  it('that a limit refused is a leak that needs no second run', () => {
    expect(judge(crashed())).toMatchObject({
      verdict: 'leaking',
      reasonCode: 'crashed',
      confirmed: true,
      because: 'threads',
    })
    // Where too little was seen of it, the limit may be too low for what is healthy.
    const short = { ...recordingOf({ threads: [10, 11] }, { ending: 'crashed', exit }), crash }
    expect(judge(short)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'crashed', because: null })
  })

  it('of which nothing is known proves nothing', () => {
    const flat = recordingOf({ threads: leak.map(() => 10) }, { ending: 'crashed', exit })
    const unknown = { ...crash, resource: null, error: null, refusals: null }
    expect(judge({ ...flat, crash: unknown })).toMatchObject({ verdict: 'inconclusive', reasonCode: 'crashed' })
  })

  it('is forecast from what was known half way, and nothing later', () => {
    const limits = limitsOf(() => 0)
    const { forecast } = judge(crashed({ limits })).crash ?? {}
    // At cycle 5,000: 60 threads, and 0.01 more per cycle.
    expect(forecast).toMatchObject({
      at: 5000,
      resource: 'threads',
      source: 'cgroup pids.max',
      limit: 310,
      cycles: 30_000,
    })
    const later = crashed({ limits: [...limits.slice(0, 60), ...limitsOf(() => 200).slice(60)] })
    expect(judge(later).crash?.forecast).toEqual(forecast)
  })

  it('is forecast in the scope of the limit: what else grows there counts', () => {
    const { forecast } = judge(crashed({ limits: limitsOf((i) => i) })).crash ?? {}
    // 110 of 310 used, 0.02 more per cycle.
    expect(forecast?.cycles).toBe(15_000)
  })

  it('is not forecast where nothing was certain', () => {
    expect(judge(crashed({ limits: [] })).crash?.forecast).toBe(null)
  })
})
