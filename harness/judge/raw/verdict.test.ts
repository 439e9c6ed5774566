import { describe, expect, it } from 'vitest'
import { seeded } from '../../../bench/verdicts/random.ts'
import { judgeLong } from './verdict.ts'

const HOUR = 3600
const MB = 1e6
type Random = ReturnType<typeof seeded>

/** Memory read a thousand times: 200 MB, what `value` adds at a share of the time, and noise of 1 MB. */
function memory(hours: number, seed: number, value: (share: number, random: Random) => number, readings = 1000) {
  const random = seeded(seed)
  const x = Float64Array.from({ length: readings }, (_, i) => (i * hours * HOUR) / (readings - 1))
  const y = x.map((s) => 200 * MB + value(s / (hours * HOUR), random) + MB * random.normal())
  return { x, y }
}
/** Bytes per second, of megabytes over all of it. */
const over = (megabytes: number, hours: number) => (megabytes * MB) / (hours * HOUR)
const told = { starts: null, msPerUnit: 1000 } as const

const wandering = () => {
  let level = 0
  return (_: number, random: Random) => (level += 2 * MB * random.normal())
}

describe('growth of a long series', () => {
  it('that leaks is leaking, by as much as was planted', () => {
    const leak = judgeLong(
      memory(4, 1, (share) => 20 * MB * share),
      0,
      told,
    )
    expect(leak).toMatchObject({ verdict: 'leaking', reasonCode: 'grows', confirmed: true })
    expect(leak.low).toBeGreaterThan(over(15, 4))
    expect(leak.low).toBeLessThan(over(20, 4))
    expect(leak.high).toBeGreaterThan(over(20, 4))
    expect(leak.high).toBeLessThan(over(25, 4))
  })

  it('of nothing is clean at a budget that it could tell, and not at one that it could not', () => {
    const still = memory(4, 2, () => 0)
    expect(judgeLong(still, over(2, 4), told)).toMatchObject({ verdict: 'clean', reasonCode: 'flat' })
    const fine = judgeLong(still, over(0.01, 4), told)
    expect(fine).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-noisy' })
    expect(fine.detectable).toBeGreaterThan(over(0.01, 4))
  })

  it('within its budget is clean, and said', () => {
    const slow = memory(4, 3, (share) => 20 * MB * share)
    expect(judgeLong(slow, over(40, 4), told)).toMatchObject({ verdict: 'clean', reasonCode: 'within-budget' })
  })

  it.each([
    ['a warm-up', (share: number) => 30 * MB * (1 - Math.exp(-share / 0.05))],
    ['a warm-up that ends after a third', (share: number) => 90 * MB * Math.min(share, 0.33)],
    ['a cache that fills like a logarithm', (share: number) => 10 * MB * Math.log(1 + share / 0.005)],
    ['one step', (share: number) => (share > 0.6 ? 30 * MB : 0)],
    ['three steps', (share: number) => 20 * MB * [0.2, 0.5, 0.8].filter((at) => share > at).length],
    ['a sawtooth', (share: number) => 20 * MB * ((share * 9) % 1)],
  ])('is not seen in %s', (_, value) => {
    for (const seed of [4, 5, 6]) expect(judgeLong(memory(4, seed, value), 0, told).verdict).not.toBe('leaking')
  })

  it.each([
    ['a warm-up', (share: number) => 30 * MB * (1 - Math.exp(-share / 0.05))],
    ['one step', (share: number) => (share > 0.6 ? 30 * MB : 0)],
    ['a sawtooth', (share: number) => 20 * MB * ((share * 40) % 1)],
  ])('is seen under %s', (_, value) => {
    const leak = judgeLong(
      memory(4, 7, (share) => value(share) + 60 * MB * share),
      0,
      told,
    )
    expect(leak.verdict).toBe('leaking')
    expect(leak.low).toBeLessThan(over(60, 4))
    expect(leak.high).toBeGreaterThan(over(60, 4))
  })

  it('is not seen in noise that wanders, however far it went', () => {
    for (const seed of [8, 9, 10, 11, 12])
      expect(judgeLong(memory(4, seed, wandering()), 0, told).verdict).not.toBe('leaking')
  })

  it('of two steps up, one of them late, is no calm', () => {
    const stairs = memory(4, 13, (share) => 30 * MB * [0.3, 0.7].filter((at) => share > at).length)
    expect(judgeLong(stairs, over(100, 4), told)).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'isolated-steps',
      facts: { steps: 2 },
    })
  })
})

describe('day and night', () => {
  const wave = (days: number) => (share: number) => 30 * MB * Math.sin(2 * Math.PI * days * share)
  it('of three days is taken out', () => {
    expect(judgeLong(memory(72, 14, wave(3)), over(10, 72), told).verdict).toBe('clean')
    const leak = judgeLong(
      memory(72, 15, (share) => wave(3)(share) + 60 * MB * share),
      0,
      told,
    )
    expect(leak.verdict).toBe('leaking')
  })
  it('of which one has been seen may be all there is', () => {
    // From the least of the night on, for twenty hours.
    const rising = (share: number) => -30 * MB * Math.cos((2 * Math.PI * 20 * share) / 24 + 0.9)
    for (const seed of [16, 26, 36]) expect(judgeLong(memory(20, seed, rising), 0, told).verdict).not.toBe('leaking')
  })
  it('has none where x is no time', () => {
    const { x, y } = memory(72, 17, wave(3))
    expect(judgeLong({ x, y }, over(10, 72), { starts: null, msPerUnit: null }).verdict).toBe('clean')
  })
})

describe('a load', () => {
  const traffic = (share: number) => -Math.cos(Math.PI * share) + (share > 0.4 && share < 0.5 ? 1 : 0)
  const following = (leak: number) => memory(10, 18, (share) => 40 * MB * traffic(share) + leak * MB * share)
  const load = Float64Array.from({ length: 1000 }, (_, i) => 500 * traffic(i / 999))
  it('that is told explains what follows it', () => {
    expect(judgeLong(following(0), over(5, 10), { ...told, load }).verdict).toBe('clean')
    expect(judgeLong(following(20), 0, { ...told, load }).verdict).toBe('leaking')
  })
  it('that is not told leaves it open', () => {
    expect(judgeLong(following(0), over(5, 10), told).verdict).not.toBe('clean')
  })
})

describe('restarts', () => {
  const since = (share: number) => share - [0.3, 0.7].reduce((last, at) => (share >= at ? at : last), 0)
  const restarted = memory(4, 19, (share) => 100 * MB * since(share))
  it('that nobody told of are asked for', () => {
    expect(judgeLong(restarted, 0, told)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'restarted' })
  })
  it('that are told cut it', () => {
    const starts = [0.3, 0.7].map((share) => share * 4 * HOUR)
    const leak = judgeLong(restarted, 0, { ...told, starts })
    expect(leak.verdict).toBe('leaking')
    expect(leak.low).toBeGreaterThan(over(80, 4))
  })
})

describe('what its numbers hide', () => {
  it('never changed: it does not grow', () => {
    const { x } = memory(4, 20, () => 0)
    expect(judgeLong({ x, y: x.map(() => 7 * MB) }, 0, told)).toMatchObject({ verdict: 'clean', high: 0 })
  })
  it('by rounding is not called clean', () => {
    const { x } = memory(4, 21, () => 0)
    const drifts = x.map((s, i) => 202.5 * MB + over(3, 4) * s + 0.05 * MB * ((i * 7) % 13))
    const rounded = drifts.map((value) => Math.round(value / (8 * MB)) * 8 * MB)
    expect(judgeLong({ x, y: rounded }, over(2, 4), told).verdict).not.toBe('clean')
    expect(judgeLong({ x, y: drifts }, over(5, 4), told).verdict).toBe('clean')
  })
})

it('advice holds when it is followed', () => {
  for (const seed of [22, 23, 24, 25]) {
    const slow = (share: number) => 0.9 * MB * share
    const first = judgeLong(memory(4, seed, slow), over(0.5, 4), told)
    expect(first.verdict).toBe('inconclusive')
    const times = 1 + (first.facts.moreMs ?? Number.NaN) / (4 * HOUR * 1000)
    const longer = memory(4 * times, seed, (share) => times * slow(share), Math.round(1000 * times))
    expect(judgeLong(longer, over(0.5, 4), told).verdict, `${seed}, ${times} times as long`).toBe('leaking')
  }
})
