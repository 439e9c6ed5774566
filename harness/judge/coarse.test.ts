import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { memoryRecording, residentRecording } from '../../tests/recording-of.ts'
import type { Recording } from '../model.ts'
import { judge } from './judge.ts'
import { lookEarly } from './look.ts'

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

const rssOf = (recording: Recording) => {
  const verdict = judge(recording)
  return { ...verdict, rss: verdict.resources.find(({ name }) => name === 'rss') }
}

describe('resident memory of a program that is read from outside', () => {
  it('leaks where it surely grows by more than 20 kB a cycle, with no second run', () => {
    const { verdict, because, confirmed, rss } = rssOf(residentRecording((cycle) => 50 * MB + 0.1 * MB * cycle))
    expect([verdict, because, confirmed]).toEqual(['leaking', 'rss', true])
    expect(rss?.growthPerCycle).toBeCloseTo(0.1 * MB, -4)
  })
  it('leaks by less a cycle where that is more than 64 MB in all, and says what it was held to', () => {
    const { verdict, rss } = rssOf(residentRecording((cycle) => 50 * MB + 9000 * cycle))
    expect(verdict).toBe('leaking')
    expect(rss?.budget).toBeCloseTo((64 * MB) / 10_000, 0)
    expect(rss?.low).toBeGreaterThan(rss?.budget ?? Infinity)
  })
  it.each([
    ['holds still', () => 50 * MB],
    ['grows by less', (cycle: number) => 50 * MB + 3000 * cycle],
  ])('is not judged, and holds nothing back, where it %s', (_, bytes) => {
    const { verdict, rss } = rssOf(residentRecording(bytes))
    expect(verdict).toBe('clean')
    expect(rss).toMatchObject({ level: 'off', verdict: null, facts: { unread: 'it rose by less than 64 MB' } })
  })
  it.each([
    ['a step', (cycle: number) => (cycle > 6000 ? 400 * MB : 50 * MB)],
    ['a warm-up', (cycle: number) => 50 * MB + 300 * MB * (1 - Math.exp(-cycle / 1500))],
  ])('that rose by more in %s is no leak', (_, bytes) => {
    expect(rssOf(residentRecording(bytes)).verdict).not.toBe('leaking')
  })
  it('that rose by more and is undecided is no pass', () => {
    let level = 50 * MB
    const random = seeded(9)
    const wanders = residentRecording(() => (level += Math.max(-0.5 * MB, (random.normal() + 0.5) * 2 * MB)))
    expect(rssOf(wanders)).toMatchObject({ verdict: 'inconclusive', because: 'rss' })
    const few = residentRecording((cycle) => 50 * MB + MB * cycle, { checkpoints: 20 })
    expect(rssOf(few).rss?.facts.moreCycles).toBeGreaterThan(2 * 1900)
    expect(rssOf(few).rss).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
    // A cache that fills looks like this.
    const soon = residentRecording((cycle) => 50 * MB + MB * cycle, { everyMs: 100 })
    expect(rssOf(soon).rss).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
  })
  it('of a language with a collector waits for that, too', () => {
    const leaks = residentRecording((cycle) => 50 * MB + 0.1 * MB * cycle)
    const start = { line: 'start' as const, ms: 0, readings: {}, collectors: ['Go'] }
    expect(rssOf({ ...leaks, start }).rss).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
    const longer = residentRecording((cycle) => 50 * MB + 0.1 * MB * cycle, { everyMs: 2000 })
    expect(rssOf({ ...longer, start })).toMatchObject({ verdict: 'leaking', because: 'rss' })
  })
  it('of Java says nothing: its heap takes what it may', () => {
    const recording = residentRecording((cycle) => 50 * MB + 0.1 * MB * cycle)
    const start = { line: 'start' as const, ms: 0, readings: {}, collectors: ['Java'] }
    expect(rssOf({ ...recording, start })).toMatchObject({ verdict: 'clean', rss: { level: 'off' } })
    const named = residentRecording((cycle) => 50 * MB + 0.1 * MB * cycle, { named: true })
    expect(rssOf({ ...named, start })).toMatchObject({ verdict: 'leaking', because: 'rss' })
  })
  it('that fell first hides nothing that grew after that', () => {
    const fell = residentRecording((cycle) => (cycle < 900 ? 900 * MB : 50 * MB + 0.08 * MB * cycle))
    expect(rssOf(fell).verdict).not.toBe('clean')
  })
  it('may be what a young process takes: in few cycles 16 MB say nothing', () => {
    const young = residentRecording((cycle) => 50 * MB + 0.1 * MB * cycle, { every: 1 })
    expect(rssOf(young).rss).toMatchObject({ level: 'off', facts: { unread: 'it rose by less than 16 MB' } })
  })
  it('of a run too short for it is not judged, and said so, unless it rose by more than 64 MB', () => {
    const of = (perCycle: number) =>
      residentRecording((cycle) => 50 * MB + perCycle * MB * cycle, { every: 8, everyMs: 100 })
    expect(rssOf(of(0.04)).rss).toMatchObject({ level: 'off', facts: { unread: 'the run was shorter than 60 s' } })
    expect(rssOf(of(1)).rss).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
  })
  it('keeps a run from an early end where it would grow by more than it may', () => {
    const of = (perCycle: number) => {
      const recording = residentRecording((cycle) => 50 * MB + perCycle * MB * cycle, { every: 10, checkpoints: 61 })
      return { ...recording, end: null }
    }
    expect([lookEarly(of(0)), lookEarly(of(0.015))]).toEqual(['clean', null])
  })
  it('is told with its growth where it is not judged, for a forecast', () => {
    const { rss } = rssOf(residentRecording((cycle) => 50 * MB + 3000 * cycle))
    expect(rss?.growthPerCycle).toBeCloseTo(3000, -3)
  })
  it('is held to its budget where one names it', () => {
    const slow = (cycle: number) => 50 * MB + 3000 * cycle
    expect(rssOf(residentRecording(slow, { named: true, perCycle: 1000 }))).toMatchObject({
      verdict: 'leaking',
      because: 'rss',
    })
    expect(rssOf(residentRecording(slow, { named: true, perCycle: 6000 })).verdict).toBe('clean')
  })
  it('an early look asks for more, and looks at one checkpoint in so many', () => {
    const early = (recording: Recording) =>
      judge({ ...recording, end: null }, { early: true }).resources.find(({ name }) => name === 'rss')?.verdict
    const of = (perCycle: number, checkpoints = 100) =>
      residentRecording((cycle) => 50 * MB + 7000 * cycle, { named: true, perCycle, checkpoints })
    expect([early(of(1000)), early(of(1000, 101))]).toEqual(['leaking', 'inconclusive'])
    const slight = [6850, 6880, 6900, 6910, 6920].filter((perCycle) => early(of(perCycle)) !== 'leaking')
    expect(slight.some((perCycle) => rssOf(of(perCycle)).rss?.verdict === 'leaking')).toBe(true)
  })
})
