import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { memoryRecording, recordingOf, repeat } from '../../tests/recording-of.ts'
import { lookByNow, lookEarly, raised } from './look.ts'

const flat = repeat(101, () => 7)
const leak = repeat(101, (i) => i * 100)

describe('an early look', () => {
  it('stops for a leak from 30 checkpoints on', () => {
    expect(lookEarly(recordingOf({ threads: leak.slice(0, 29) }))).toBe(null)
    expect(lookEarly(recordingOf({ threads: leak.slice(0, 31) }))).toBe('leaking')
  })

  it('stops for a clean run once every gate is clean', () => {
    expect(lookEarly(recordingOf({ threads: flat.slice(0, 40), fds: flat.slice(0, 40) }))).toBe(null)
    expect(lookEarly(recordingOf({ threads: flat, fds: flat }))).toBe('clean')
    expect(lookEarly(recordingOf({ threads: flat, fds: leak.map((v) => Math.floor((v ?? 0) / 1500)) }))).toBe(null)
  })

  it('goes on to the planned length where memory rose before it was read, by more than a young process learns', () => {
    const random = seeded(3)
    const still = repeat(101, () => 9e6 + 1000 * random.normal())
    const of = (planned: number, before: number) => {
      const recording = memoryRecording(still, { collectedFrom: 61, every: 15, before })
      recording.header.plan.length.cycles = planned
      recording.header.plan.resolution = 1 / 100
      return { ...recording, end: null }
    }
    expect(lookEarly(of(5000, 8.5e6))).toBe('clean')
    expect(lookEarly(of(5000, 6e6))).toBe('counts-clean')
    // A young heap may learn 4 MB in so few cycles.
    expect(lookEarly(of(1500, 6e6))).toBe('clean')
    expect(lookEarly(of(1500, 4e6))).toBe('counts-clean')
  })

  it('goes on while memory falls, which may hide what grows beside it', () => {
    const random = seeded(2)
    const of = (falls: number) => {
      const heap = repeat(101, (i) => 1e8 - i * falls + 1000 * random.normal())
      return { ...memoryRecording(heap, { collectedFrom: 61 }), end: null }
    }
    expect([lookEarly(of(0)), lookByNow(of(0))]).toEqual(['clean', 'clean'])
    expect([lookEarly(of(5e5)), lookByNow(of(5e5))]).toEqual(['counts-clean', 'undecided'])
  })
})

describe('what comes and goes', () => {
  const random = seeded(15)
  const of = (value: (i: number) => number, before: number) => {
    const recording = recordingOf({ threads: repeat(101, () => 7), timers: repeat(101, value) })
    return { ...recording, start: { line: 'start' as const, ms: 0, readings: { timers: before } }, end: null }
  }
  const busy = of(() => Math.round(2000 + 300 * random.normal()), 3)

  it('and stands above what it was before the first cycle has to come to rest', () => {
    expect(lookByNow(busy)).toBe('to-rest')
    expect(raised(busy)).toEqual([{ name: 'timers', level: 3, isLeak: true }])
  })

  it('and stands by more than a few singletons has to come to rest before it is clean', () => {
    const full = of(() => 100, 0)
    expect([lookEarly(full), lookByNow(full)]).toEqual(['to-rest', 'to-rest'])
    expect(raised(full)).toEqual([{ name: 'timers', level: 0, isLeak: false }])
    const few = of(() => 3, 0)
    expect([lookEarly(few), lookByNow(few)]).toEqual(['clean', 'clean'])
    expect(raised(few)).toEqual([])
    // What came to rest just now is seen at rest.
    const rested = of(() => 100, 0)
    Object.assign(rested.checkpoints.at(-1) as object, { phase: 'drain' })
    expect(lookByNow(rested)).toBe('clean')
    // Of what runs on nobody knows what it was before, nor can it rest.
    expect(lookByNow({ ...full, start: null })).toBe('clean')
  })

  it('pays for one rest, and is clean when it has come to it: what the drain read is no look at memory', () => {
    const still = repeat(101, () => 9e6 + 1000 * random.normal())
    const memory = memoryRecording(still, { collectedFrom: 61 })
    const counts = of(() => 100, 0)
    const resources = [
      ...counts.header.plan.resources,
      ...memory.header.plan.resources.filter(({ name }) => name === 'heap'),
    ]
    const checkpoints = memory.checkpoints.map((checkpoint, i) => {
      const readings = { ...counts.checkpoints[i]?.readings, ...checkpoint.readings }
      return { ...checkpoint, readings }
    })
    const header = { ...memory.header, plan: { ...memory.header.plan, resources, resolution: 1 / 1000 } }
    const start = { line: 'start' as const, ms: 0, readings: { timers: 0, heap: 9e6 } }
    const busyNow = { ...memory, header, checkpoints, start, end: null }
    expect(lookEarly(busyNow)).toBe('to-rest')
    const last = checkpoints.at(-1) as (typeof checkpoints)[0]
    const rested = repeat(5, () => 0).map(() => ({ ...last, phase: 'drain' as const }))
    expect(lookEarly({ ...busyNow, checkpoints: [...checkpoints, ...rested] })).toBe('clean')
  })

  it('or has not, where it is as low as it was, or only stepped up once', () => {
    expect(lookByNow(of(() => random.poisson(1), 3))).not.toBe('to-rest')
    const stepped = of((i) => (i < 50 ? 3 : 4), 3)
    stepped.header.plan.resolution = 1 / 3000
    expect(lookByNow(stepped)).toBe('undecided')
  })
})

it('a final drain waits for what is up and not clean, and for nothing else', () => {
  expect(raised(recordingOf({ threads: flat.slice(0, 20), fds: leak.slice(0, 20) })).map(({ name }) => name)).toEqual([
    'fds',
  ])
})
