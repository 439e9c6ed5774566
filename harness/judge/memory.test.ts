import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { judgeMemory } from './memory.ts'
import { errorShared, type Rules } from './rules.ts'

const rules: Rules = { ...errorShared(1), budget: 20, resolution: 1 / 1000, early: false, total: null, peak: null }
const kB = 1000
const noise = (random: ReturnType<typeof seeded>) => 100 * kB * random.normal()

/** A run of `n` checkpoints of 100 cycles. */
const run = (n: number, value: (cycle: number, i: number) => number, drained: number[] = []) => [
  ...Array.from({ length: n + 1 }, (_, i) => ({ cycle: i * 100, value: value(i * 100, i), drain: false })),
  ...drained.map((at) => ({ cycle: n * 100, value: at, drain: true })),
]
const verdict = (points: ReturnType<typeof run>, changed: Partial<Rules> = {}) =>
  judgeMemory(points, { ...rules, ...changed })

describe('memory', () => {
  it('that is level is clean, and says what it would have seen', () => {
    const random = seeded(1)
    const level = verdict(run(100, () => 1e7 + noise(random)))
    expect(level).toMatchObject({ verdict: 'clean', reasonCode: 'flat' })
    expect(level.detectable).toBeLessThan(20)
  })

  it('that grows is leaking, by as much as was planted, and needs no confirming when it is overwhelming', () => {
    const random = seeded(2)
    const leak = verdict(run(100, (cycle) => 1e7 + 5 * kB * cycle + noise(random)))
    expect(leak).toMatchObject({ verdict: 'leaking', reasonCode: 'grows', confirmed: true })
    expect(leak.growthPerCycle).toBeGreaterThan(4.9 * kB)
    expect(leak.growthPerCycle).toBeLessThan(5.1 * kB)
    expect(leak.low).toBeLessThan(5 * kB)
    expect(leak.high).toBeGreaterThan(5 * kB)
  })

  it('that grows almost without noise is leaking, however long what noise there is lingers', () => {
    const wave = (cycle: number) => 20 * kB * Math.sin(cycle / 1500)
    expect(verdict(run(40, (cycle) => 1e7 + 10 * kB * cycle + wave(cycle)))).toMatchObject({
      verdict: 'leaking',
      confirmed: true,
    })
    expect(verdict(run(40, (cycle) => 1e7 + wave(cycle))).verdict).not.toBe('leaking')
  })

  it('that grows a little asks to be confirmed, however straight it looks', () => {
    const random = seeded(3)
    const straight = run(40, (cycle) => 1e7 + 22 * cycle + 100 * random.normal())
    expect(verdict(straight)).toMatchObject({ verdict: 'leaking', confirmed: false })
    expect(verdict(straight, { early: true }).verdict).not.toBe('leaking')
    expect(verdict(run(100, (cycle) => 1e7 + 100 * cycle + noise(random)))).toMatchObject({
      verdict: 'leaking',
      confirmed: false,
    })
  })

  it('of which nearly all readings lie close together is too short, and asks for more of it', () => {
    const clumped = run(40, (cycle) => 1e7 + cycle).map((point, i) => ({
      ...point,
      cycle: i < 38 ? i / 100 : 1000 * i,
    }))
    const judged = verdict(clumped)
    expect(judged).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
    expect(judged.facts.moreCycles).toBeGreaterThan(0)
  })

  it('is allowed what the budget allows', () => {
    const random = seeded(4)
    const points = run(100, (cycle) => 1e7 + 100 * cycle + noise(random))
    expect(verdict(points, { budget: 150 })).toMatchObject({ verdict: 'clean', reasonCode: 'within-budget' })
  })

  it('under a sawtooth of garbage is judged by the floor of the sawtooth', () => {
    const random = seeded(5)
    const sawtooth = (i: number) => (i % 8) * 250 * kB
    expect(verdict(run(200, (cycle, i) => 1e7 + 500 * cycle + sawtooth(i) + noise(random))).verdict).toBe('leaking')
    expect(verdict(run(200, (_, i) => 1e7 + sawtooth(i) + noise(random))).verdict).toBe('clean')
  })

  it.each([
    ['one step', (cycle: number) => (cycle < 6000 ? 0 : 1e6), 'one-step'],
    ['a logarithm', (cycle: number) => 1e6 * Math.log(1 + cycle / 200), 'settling'],
  ])('that grows by %s is not leaking, and says so', (_, shape, reasonCode) => {
    const random = seeded(6)
    expect(verdict(run(100, (cycle) => 1e7 + shape(cycle) + noise(random)))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode,
    })
  })

  it('that grows in bursts is leaking', () => {
    const random = seeded(7)
    const bursts = run(100, (cycle) => 1e7 + 5e6 * Math.floor(cycle / 1700) + noise(random))
    expect(verdict(bursts).verdict).toBe('leaking')
  })

  it('that the drain brings back has not leaked', () => {
    const random = seeded(8)
    const held = (cycle: number) => 1e7 + 5 * kB * cycle + noise(random)
    expect(verdict(run(60, held, Array(5).fill(1e7))).verdict).not.toBe('leaking')
    expect(verdict(run(60, held, Array(5).fill(1e7 + 5 * kB * 6000))).verdict).toBe('leaking')
  })

  it('in few readings is leaking only where nobody can miss it, and never clean', () => {
    const random = seeded(9)
    expect(verdict(run(16, () => 1e7 + noise(random)))).toMatchObject({ reasonCode: 'too-short' })
    expect(verdict(run(25, (cycle) => 1e7 + 300 * cycle + noise(random))).verdict).not.toBe('leaking')
    expect(verdict(run(25, (cycle) => 1e7 + 5 * kB * cycle + noise(random))).verdict).toBe('leaking')
    expect(verdict([])).toMatchObject({ verdict: 'inconclusive', growthPerCycle: null })
  })

  it('says about how many more cycles would decide, and is nearly always right about it', () => {
    const random = seeded(10)
    const level = (n: number) => verdict(run(n, () => 1e7 + noise(random)))
    const undecided = Array.from({ length: 40 }, () => level(30)).filter((short) => short.verdict !== 'clean')
    const decided = undecided.filter(({ facts }) => {
      const more = Math.ceil((facts.moreCycles ?? 0) / 100)
      return level(30 + more).verdict === 'clean'
    })
    expect(undecided.length).toBeGreaterThan(20)
    expect(decided.length / undecided.length).toBeGreaterThan(0.85)
  })

  it('has caps like a count', () => {
    const step = run(60, (cycle) => (cycle < 3000 ? 1e6 : 3e6))
    expect(verdict(step, { total: 1.5e6 })).toMatchObject({ verdict: 'leaking', reasonCode: 'over-total' })
    expect(verdict(step, { peak: 2.5e6 })).toMatchObject({ verdict: 'leaking', reasonCode: 'over-peak' })
    expect(verdict(step, { peak: 3e6, budget: Infinity })).toMatchObject({ verdict: 'clean', reasonCode: 'within-cap' })
  })

  it('is held under a cap by every reading, also by those that are not judged', () => {
    const level = run(40, () => 1e6)
    const all = [...level, { cycle: 50, value: 9e6, drain: false }]
    const rulesWith = (peak: number) => ({ ...rules, budget: Infinity, peak })
    expect(judgeMemory(level, rulesWith(5e6), { all })).toMatchObject({ verdict: 'leaking', reasonCode: 'over-peak' })
    expect(judgeMemory([], rulesWith(5e7), { all })).toMatchObject({ verdict: 'clean', reasonCode: 'within-cap' })
  })

  it('that never moves is clean, at any budget', () => {
    expect(
      verdict(
        run(60, () => 1234567.1),
        { budget: 0 },
      ).verdict,
    ).toBe('clean')
    const pages = (cycle: number) => Math.round((1e7 + 300 * cycle) / 4096) * 4096
    expect(verdict(run(100, pages), { budget: 200 }).verdict).toBe('leaking')
    expect(verdict(run(100, pages), { budget: 400 }).verdict).toBe('clean')
  })

  it('that shows in nothing but the steps of its storage is a leak, to be confirmed, once there are enough of them', () => {
    const random = seeded(21)
    const storage = (cycle: number) => 5e6 + 40 * 2 ** Math.ceil(Math.log2(17 * cycle)) + 2 * kB * random.normal()
    const read = (from: number, to: number) =>
      Array.from({ length: 200 }, (_, i) => {
        const cycle = Math.round(from + (i * (to - from)) / 199)
        return { cycle, value: storage(cycle), drain: false }
      })
    const long = verdict(read(4600, 100_000), { budget: 200 })
    expect(long).toMatchObject({ verdict: 'leaking', reasonCode: 'grows', confirmed: false })
    expect(long.low).toBeGreaterThan(200)
    expect(verdict(read(4600, 100_000), { budget: 200, early: true }).verdict).not.toBe('leaking')
    expect(verdict(read(20_000, 100_000), { budget: 200 }).verdict).toBe('inconclusive')
  })

  it('that grows beside the step of a table is a leak, in spite of the step; the step alone is none', () => {
    const random = seeded(22)
    const read = (perCycle: number) =>
      Array.from({ length: 40 }, (_, i) => ({
        cycle: 4600 + 137 * i,
        value: 1e7 + perCycle * 137 * i + (i > 20 ? 240 * kB : 0) + 2 * kB * random.normal(),
        drain: false,
      }))
    const leak = verdict(read(400), { budget: 200 })
    expect(leak).toMatchObject({ verdict: 'leaking', facts: { steps: 1 } })
    expect(leak.growthPerCycle).toBeGreaterThan(380)
    expect(leak.growthPerCycle).toBeLessThan(420)
    expect(verdict(read(0), { budget: 200 }).verdict).not.toBe('leaking')
  })
})
