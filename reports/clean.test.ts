import { describe, expect, it } from 'vitest'
import { seeded } from '../bench/verdicts/random.ts'
import { recordingOf, repeat } from '../tests/recording-of.ts'
import { runOf } from '../tests/report-of.ts'

const flat = repeat(101, () => 7)
const leak = repeat(101, (i) => i * 100)

describe('a clean sentence', () => {
  const withHeap = (changed: Parameters<typeof recordingOf>[1], collectedFrom: number) => {
    const names = ['threads', 'fds', 'sockets', 'children', 'timers']
    const recording = recordingOf({ ...Object.fromEntries(names.map((name) => [name, flat])), heap: flat }, changed)
    const heap = recording.header.plan.resources.at(-1) as object
    Object.assign(heap, { level: 'error', perCycle: 200 })
    for (const [i, checkpoint] of recording.checkpoints.entries()) checkpoint.collected = i >= collectedFrom
    return recording
  }

  it('names what was judged, and what was not, with its reason', () => {
    expect(runOf(withHeap({}, 60)).reason).toMatch(
      /^Nothing grows: threads, fds and 4 more held over 10,000 cycles; a leak/,
    )
    expect(runOf(withHeap({ cycles: 400 }, 95)).reason).toMatch(
      /^Nothing grows: threads, fds and 3 more held over 400 cycles; not judged: heap \(fewer than 500 cycles\); a leak/,
    )
    const quick = withHeap({}, 95)
    quick.header.plan.length.quick = true
    expect(runOf(quick).reason).toMatch(/; not judged: heap \(only 6 readings\); a leak/)
  })

  it('says what stood above while cycles ran, and came back', () => {
    const held = recordingOf(
      {
        threads: repeat(106, () => 7),
        sockets: [...repeat(101, () => 907), ...repeat(5, () => 7)],
        timers: [...repeat(101, () => 50), ...repeat(5, () => 0)],
      },
      { cycles: 10_000 },
    )
    for (const checkpoint of held.checkpoints.slice(101))
      Object.assign(checkpoint, { phase: 'drain', cycles: 10_000, ms: 17_200 })
    const start = { line: 'start' as const, ms: 0, readings: { threads: 7, sockets: 7, timers: 0 } }
    expect(runOf({ ...held, start }).reason).toMatch(
      / would have been seen\. At rest sockets came down by 900 and timers by 50, within 7\.2 s\.$/,
    )
  })

  it('of a smoke test calls it one', () => {
    const quick = withHeap({}, 60)
    quick.header.plan.length.quick = true
    expect(runOf(quick).reason).toMatch(/^Smoke test: nothing grows: threads/)
  })

  it('says to what memory was held, where the time did not allow more', () => {
    const random = seeded(4)
    const noisy = withHeap({}, 60)
    for (const checkpoint of noisy.checkpoints) checkpoint.readings.heap = 1e7 + 1e6 * random.normal()
    const run = runOf(noisy)
    expect(run.reason).toMatch(
      /^Nothing grows beyond its budget \(heap held to \d+ B per cycle, for want of time\): threads/,
    )
    expect(run.resources.at(-1)?.reason).toMatch(
      /^grows by no more than \d+ B per cycle: whether by 200 B, this run could not tell$/,
    )
  })

  it('claims to see nothing coarser than was asked for, whatever window decided', () => {
    // It strays too widely to be counted.
    const random = seeded(9)
    const wide = recordingOf({ sockets: repeat(401, () => 400 + Math.round(30 * random.normal())) })
    const [sockets] = runOf(wide).resources
    expect(sockets?.verdict).toBe('clean')
    expect(sockets?.detectable).toBeLessThan(1 / 1000)
  })
})

describe('what only warns', () => {
  it('is told beside a clean verdict', () => {
    const recording = recordingOf({ threads: flat, requests: leak })
    Object.assign(recording.header.plan.resources[1] as object, { level: 'warn' })
    expect(runOf(recording)).toMatchObject({
      verdict: 'clean',
      reason: expect.stringMatching(/would have been seen\. Warning: requests grows by 1\.00 per cycle/),
    })
  })
})

describe('growth that is allowed', () => {
  it('is told, not called nothing', () => {
    const recording = recordingOf({ threads: repeat(101, (i) => i), fds: flat })
    Object.assign(recording.header.plan.resources[0] as object, { perCycle: 0.05 })
    expect(runOf(recording).reason).toMatch(
      /^Nothing grows beyond its budget \(threads 0\.010 of 0\.050 per cycle\): threads and fds held/,
    )
  })
  it('in all, as a known singleton is, too', () => {
    const recording = recordingOf({ threads: repeat(101, (i) => (i < 60 ? 7 : 8)), fds: flat })
    Object.assign(recording.header.plan.resources[0] as object, { total: 1 })
    const run = runOf(recording)
    expect(run.reason).toMatch(/^Nothing grows beyond its budget \(threads \+1 of a total of 1\): threads and fds held/)
    expect(run.resources[0]?.reason).toBe('grew by 1 in all, which its total of 1 allows')
  })
})
