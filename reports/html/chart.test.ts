import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/judge/judge.ts'
import type { EventLine, Recording } from '../../harness/model.ts'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import { toRun } from '../results.ts'
import { chartOf } from './chart.ts'

const chart = (recording: Recording) => {
  const [resource] = toRun([{ recording, path: 'recording.ndjson' }], judge(recording)).resources
  const drawn = resource && chartOf(recording, resource)
  if (!drawn) throw new Error('nothing was drawn')
  return drawn
}
const of = (drawn: ReturnType<typeof chart>, label: string) => drawn.series.find((series) => series.label === label)
const event = (kind: EventLine['kind'], cycles: number): EventLine => ({
  line: 'event',
  kind,
  cycles,
  ms: cycles,
  text: '',
})
const noisy = repeat(101, (i) => i * 100 + ((i * 7919) % 97))

describe('a chart', () => {
  it('shades the tenth that is not judged, in cycles and in seconds', () => {
    expect(chart(recordingOf({ threads: noisy })).shade).toEqual({ x: 1000, t: 1 })
  })
  it('draws faults as bands, and no mark for a restart that was one', () => {
    const at = (cycles: number) => ({ ms: cycles, cycles, failed: 0 })
    const faults = [{ line: 'fault' as const, do: 'kill' as const, from: at(300), lifted: at(320), to: at(320) }]
    const drawn = chart({ ...recordingOf({ threads: noisy }), faults, events: [event('server-restart', 320)] })
    expect(drawn.faults).toEqual([{ from: { x: 300, t: 0.3 }, to: { x: 320, t: 0.32 } }])
    expect(drawn.marks).toEqual([])
  })
  it('marks a guard, an etcd that was restarted, and a crash', () => {
    const recording = recordingOf({ threads: noisy }, { ending: 'target-died', cycles: 10_000, ms: 9000 })
    const events = [event('warm-up', 0), event('server-restart', 300), event('log', 400), event('guard', 500)]
    expect(chart({ ...recording, events }).marks).toEqual([
      { x: 300, t: 0.3, text: 'etcd restarted' },
      { x: 500, t: 0.5, text: 'guard' },
      { x: 10_000, t: 9, text: 'crash' },
    ])
  })
  it('has the trend within its interval, all along', () => {
    const drawn = chart(recordingOf({ threads: noisy }))
    const [low, trend, high] = ['95 % low', 'trend', '95 % high'].map((label) => of(drawn, label)?.y ?? [])
    expect(trend?.length).toBeGreaterThan(10)
    expect(trend?.every((y, i) => (low?.[i] ?? Infinity) <= y && y <= (high?.[i] ?? -Infinity))).toBe(true)
    expect((high?.[0] ?? 0) - (low?.[0] ?? 0)).toBeGreaterThan(0)
  })
  it('has what the budget allows, and the floor below a straggler', () => {
    const drawn = chart(recordingOf({ threads: repeat(101, (i) => (i === 50 ? 90 : 7)) }))
    expect(of(drawn, 'budget')?.y.every((y) => y === 7)).toBe(true)
    expect([of(drawn, 'checkpoint')?.y.includes(90), of(drawn, 'floor')?.y.includes(90)]).toEqual([true, false])
  })
  it('shows what was left at each rest, and the floor of the run alone', () => {
    const recording = recordingOf({ threads: repeat(101, (i) => (i === 50 ? 3 : i === 100 ? 5 : 90)) })
    for (const i of [50, 100]) Object.assign(recording.checkpoints[i] as object, { phase: 'drain' })
    const drawn = chart(recording)
    expect(of(drawn, 'at rest')).toMatchObject({ x: [5000, 10_000], y: [3, 5] })
    expect(of(drawn, 'floor')?.x).not.toContain(5000)
    expect([...new Set(of(drawn, 'floor')?.y)]).toEqual([3, 5])
  })
  it('is drawn of what was read, and no trend of what never grew', () => {
    expect(of(chart(recordingOf({ threads: repeat(101, () => 7) })), 'trend')).toBeUndefined()
  })
})
