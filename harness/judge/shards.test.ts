import { describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import { concludeShards } from './confirm.ts'
import { judge } from './judge.ts'
import { judgeRecorded } from './recorded.ts'
import { pool } from './shards.ts'

const flat = (n: number) => repeat(n, () => 7)
const slow = repeat(51, (i) => Math.floor(i / 25)) // two in 5,000 cycles: too few to tell

describe('shards', () => {
  it('rule out together what none of them can alone', () => {
    const shard = recordingOf({ threads: flat(26) })
    expect(judge(shard)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
    expect(judge(pool([shard, shard, shard, shard]))).toMatchObject({ verdict: 'clean' })
  })

  it('show together a leak that is too slow for any of them, and do not fail on it before two of them see it', () => {
    const shard = recordingOf({ threads: slow })
    expect(judge(shard).verdict).toBe('inconclusive')
    const together = judge(pool([shard, shard, shard, shard]))
    expect(together).toMatchObject({ verdict: 'leaking', confirmed: false })
    expect(together.resources[0]?.growthPerCycle).toBeCloseTo(2 / 5000, 3)
    expect(concludeShards(together, [judge(shard), judge(shard)])).toMatchObject({ reasonCode: 'not-confirmed' })
    const sure = judge(recordingOf({ threads: repeat(51, (i) => i) }))
    expect(concludeShards(together, [sure, sure])).toMatchObject({ verdict: 'leaking', confirmed: true })
  })

  it('begin anew each: what falls between two is no release, and what stands higher is no leak', () => {
    const leak = recordingOf({ threads: repeat(51, (i) => i * 100) })
    expect(judge(pool([leak, leak])).resources[0]).toMatchObject({ verdict: 'leaking', confirmed: true })
    const higher = recordingOf({ threads: repeat(51, () => 12) })
    expect(judge(pool([recordingOf({ threads: flat(51) }), higher])).verdict).toBe('clean')
  })

  it('never outvote a leak that one of them has proven, of memory either', () => {
    const heap = (perCheckpoint: number) => {
      const recording = recordingOf({ threads: flat(101), heap: repeat(101, (i) => 1e7 + i * perCheckpoint) })
      const planned = recording.header.plan.resources.find(({ name }) => name === 'heap')
      Object.assign(planned as object, { level: 'error', perCycle: 200 })
      for (const [i, checkpoint] of recording.checkpoints.entries()) checkpoint.collected = i > 60
      return [recording] as const
    }
    expect(judgeRecorded([heap(90_000)]).verdict).toMatchObject({ verdict: 'leaking', because: 'heap' })
    expect(judgeRecorded([heap(90_000), heap(0)]).verdict).toMatchObject({ verdict: 'leaking', because: 'heap' })
    expect(judgeRecorded([heap(0), heap(90_000), heap(0)]).verdict).toMatchObject({ verdict: 'leaking' })
    expect(judgeRecorded([heap(0), heap(0)]).verdict.verdict).toBe('clean')
  })

  it('add up in cycles, and prove nothing where one of them does not', () => {
    const shard = recordingOf({ threads: flat(51) })
    expect(pool([shard, shard]).end).toMatchObject({ cycles: 10_000, ending: 'length' })
    const dead = recordingOf({ threads: flat(51) }, { ending: 'etcd-died' })
    expect(judge(pool([shard, dead, shard]))).toMatchObject({ reasonCode: 'etcd-died' })
    expect(judge(pool([shard, { ...shard, end: null }]))).toMatchObject({ reasonCode: 'cut-short' })
  })
})
