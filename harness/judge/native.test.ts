import { describe, expect, it } from 'vitest'
import { memoryRecording } from '../../tests/recording-of.ts'
import type { Recording } from '../model.ts'
import { judge } from './judge.ts'

const MB = 1024 ** 2
const event = { line: 'event' as const, ms: 0, text: '' }
/** Readings 100 cycles apart; `begun`: where every reading begins to come after a full collection. */
function nativeOf(bytes: number[], { begun = 0, every = 100, workers = 0 } = {}): Recording {
  const recording = memoryRecording(bytes, { every, name: 'native', changed: { perCycle: 20_000 } })
  recording.header.plan.resolution = 1 / 100
  if (workers > 0) for (const { readings } of recording.checkpoints) readings.workers = workers
  return { ...recording, events: [{ ...event, kind: 'memory', cycles: begun }] }
}
const wavering = (i: number) => ((i * 7919) % 13) * 0.3 * MB
const growing = (perReading: number, { from = 0, readings = 50 } = {}) =>
  Array.from({ length: readings }, (_, i) => 90 * MB + wavering(i) + Math.max(0, i - from) * perReading)
const verdictOf = (recording: Recording) => {
  const verdict = judge(recording)
  return { ...verdict, native: verdict.resources.find(({ name }) => name === 'native') }
}

describe('memory that V8 knows nothing of', () => {
  it('leaks where it grows by over 20 kB a cycle, and 64 MB in all', () => {
    const { verdict, because, native } = verdictOf(nativeOf(growing(3 * MB)))
    expect([verdict, because]).toEqual(['leaking', 'native'])
    expect(native?.growthPerCycle).toBeCloseTo(31_457, -3)
  })
  it('leaks in stairs, too', () => {
    const stairs = Array.from({ length: 60 }, (_, i) => 24 * MB + wavering(i) + Math.floor(i / 5) * 40 * MB)
    expect(verdictOf(nativeOf(stairs))).toMatchObject({ verdict: 'leaking', because: 'native' })
  })
  it('is read from the moment on that every reading comes after a collection, however young the process', () => {
    const fast = nativeOf(growing(30 * MB), { every: 8 })
    expect(verdictOf(fast)).toMatchObject({ verdict: 'leaking', because: 'native' })
    // Which was never read, then.
    const { native } = verdictOf(nativeOf(growing(30 * MB), { every: 8, begun: 1000 }))
    expect(native).toMatchObject({ level: 'off', verdict: null, reasonCode: 'not-judged' })
  })
  it('is clean where it does not, and nobody says that less would have been seen', () => {
    expect(verdictOf(nativeOf(growing(0)))).toMatchObject({
      verdict: 'clean',
      native: { level: 'error', verdict: 'clean', detectable: null },
    })
  })
  it.each([
    ['grows by less in all', nativeOf(growing(2.4 * MB, { readings: 26 })), /less than 64 MB/],
    [
      'took one step',
      nativeOf(Array.from({ length: 50 }, (_, i) => wavering(i) + (i < 25 ? 0 : 300 * MB))),
      /not certain/,
    ],
    ['may be that of Workers', nativeOf(growing(3 * MB), { workers: 4 }), /Workers/],
  ])('is not judged, and holds nothing back, where it %s', (_, recording, why) => {
    const { verdict, native } = verdictOf(recording)
    expect(verdict).toBe('clean')
    expect(native).toMatchObject({ level: 'off', verdict: null, reasonCode: 'not-judged' })
    expect(native?.facts.unread).toMatch(why)
  })
  it('is judged as any other memory where a budget names it', () => {
    const recording = nativeOf(growing(MB, { from: 40 }))
    Object.assign(recording.header.plan.resources[1] ?? {}, { named: true, perCycle: 200 })
    expect(verdictOf(recording)).toMatchObject({ verdict: 'inconclusive', because: 'native' })
  })
  it('of a run that its memory guard ended is said to have filled it', () => {
    const recording = nativeOf(growing(100 * MB, { readings: 6 }), { every: 10, begun: 1000 })
    const start = { line: 'start' as const, ms: 0, readings: { native: 80 * MB } }
    const ended = { ...recording, start, end: recording.end && { ...recording.end, ending: 'guard' as const } }
    expect(verdictOf(ended)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'guard', because: 'native' })
    expect(verdictOf(ended).native?.facts.taken).toBeGreaterThan(500 * MB)
  })
})
