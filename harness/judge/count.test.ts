import { describe, expect, it } from 'vitest'
import { judgeCount } from './count.ts'
import { errorShared, type Rules } from './rules.ts'

const rules: Rules = { budget: 0, resolution: 1 / 1000, ...errorShared(1), early: false, total: null, peak: null }

/** A run of `n` checkpoints of 100 cycles; `value` gives the reading after that many cycles. */
const run = (n: number, value: (cycle: number, i: number) => number, drained: number[] = []) => [
  ...Array.from({ length: n + 1 }, (_, i) => ({ cycle: i * 100, value: value(i * 100, i), drain: false })),
  ...drained.map((at) => ({ cycle: n * 100, value: at, drain: true })),
]
const verdict = (points: ReturnType<typeof run>, changed: Partial<Rules> = {}) =>
  judgeCount(points, { ...rules, ...changed })

describe('clean shapes', () => {
  it('calls a flat run clean once it is long enough for its resolution', () => {
    expect(verdict(run(30, () => 7))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
    expect(verdict(run(50, () => 7))).toMatchObject({ verdict: 'clean', reasonCode: 'flat', growthPerCycle: 0 })
  })

  it('says how many more cycles would decide, and is right about it', () => {
    const { facts } = verdict(run(20, () => 7))
    const enough = Math.ceil((2000 + (facts.moreCycles ?? 0)) / 100) + 3
    expect(verdict(run(enough, () => 7)).verdict).toBe('clean')
  })

  it('asks for more cycles where more resources share the error', () => {
    expect(
      verdict(
        run(50, () => 7),
        errorShared(12),
      ).verdict,
    ).toBe('inconclusive')
    expect(
      verdict(
        run(80, () => 7),
        errorShared(12),
      ).verdict,
    ).toBe('clean')
  })

  it.each([
    ['a warm-up that plateaus', (cycle: number) => Math.min(20, Math.floor(cycle / 50))],
    ['a pool created lazily', (cycle: number) => (cycle < 700 ? 0 : 10)],
    ['a sawtooth', (_: number, i: number) => i % 4],
    ['late closes', (_: number, i: number) => ((i * 7919) % 5 === 0 ? 3 : 0)],
    ['a cache that fills like a logarithm', (cycle: number) => Math.floor(4 * Math.log2(1 + cycle / 10))],
  ])('does not call %s leaking', (_, value) => {
    for (const n of [20, 50, 100, 200]) expect(verdict(run(n, value)).verdict).not.toBe('leaking')
  })

  it('calls a plateau clean in the window after it', () => {
    expect(verdict(run(150, (cycle) => Math.min(20, Math.floor(cycle / 100)))).verdict).toBe('clean')
  })

  it('says all that came early of what settles, not only what the judged part of the run saw', () => {
    const early = [400, 600, 900, 1300, 1900, 3400]
    const settling = verdict(
      run(60, (cycle) => early.filter((at) => at <= cycle).length),
      errorShared(12),
    )
    expect(settling).toMatchObject({ verdict: 'inconclusive', reasonCode: 'settling' })
    // The first two come in the warm-up.
    expect(settling.facts).toMatchObject({ steps: 4, stepSum: 4, stepCycle: 3400 })
  })

  it('names one late step for what it is', () => {
    const step = verdict(run(100, (cycle) => (cycle < 6000 ? 5 : 13)))
    expect(step).toMatchObject({ verdict: 'inconclusive', reasonCode: 'isolated-steps' })
    expect(step.facts).toMatchObject({ steps: 1, stepSum: 8, stepCycle: 6000 })
  })

  it('counts nothing in a signal that strays too widely', () => {
    expect(verdict(run(20, (_, i) => (i % 12 === 0 ? 0 : 5)))).toMatchObject({ reasonCode: 'noisy' })
  })
})

describe('leaks', () => {
  it('measures one per cycle as exactly one per cycle', () => {
    const leak = verdict(run(35, (cycle) => cycle, [3500, 3500, 3500, 3500, 3500]))
    expect(leak).toMatchObject({ verdict: 'leaking', reasonCode: 'grows' })
    expect(leak.growthPerCycle).toBeCloseTo(1, 10)
    expect(leak.low).toBeLessThan(1)
    expect(leak.high).toBeGreaterThan(1)
  })

  it.each([
    [10, 50],
    [100, 50],
    [1000, 200],
  ])('finds one in %i cycles in %i checkpoints', (every, n) => {
    expect(verdict(run(n, (cycle) => Math.floor(cycle / every))).verdict).toBe('leaking')
  })

  it('finds a leak under a sawtooth', () => {
    expect(verdict(run(100, (cycle, i) => Math.floor(cycle / 100) + (i % 3) * 2)).verdict).toBe('leaking')
  })

  it('finds a leak that sets in after a warm-up', () => {
    expect(verdict(run(100, (cycle) => Math.min(40, cycle / 10) + Math.floor(cycle / 50))).verdict).toBe('leaking')
  })

  it('allows what the budget allows', () => {
    const slow = run(200, (cycle) => Math.floor(cycle / 100))
    expect(verdict(slow, { budget: 0.02 })).toMatchObject({ verdict: 'clean', reasonCode: 'within-budget' })
    expect(verdict(slow, { budget: 0.001 }).verdict).toBe('leaking')
  })

  it('wants overwhelming evidence at an early look', () => {
    const slow = run(40, (cycle) => Math.floor(cycle / 500))
    expect(verdict(slow).verdict).toBe('leaking')
    expect(verdict(slow, { early: true }).verdict).not.toBe('leaking')
    expect(
      verdict(
        run(30, (cycle) => cycle),
        { early: true },
      ).verdict,
    ).toBe('leaking')
  })

  it('says of growth that set in late that it has to be seen in both halves', () => {
    const late = verdict(run(100, (_, i) => Math.max(0, i - 60)))
    expect(late).toMatchObject({ verdict: 'inconclusive', reasonCode: 'late-growth' })
    expect(late.facts).toMatchObject({ stepCycle: 6100, moreCycles: 10_000 })
    expect(verdict(run(200, (_, i) => Math.max(0, i - 60))).verdict).toBe('leaking')
  })

  it('wants events in both halves of the run', () => {
    const burst = run(100, (cycle) => Math.min(10, Math.max(0, (cycle - 1500) / 100)))
    expect(verdict(burst).verdict).not.toBe('leaking')
  })
})

describe('the final drain', () => {
  it('clears what is released with a delay', () => {
    const leases = run(80, (cycle) => cycle, [0, 0, 0, 0, 0])
    expect(verdict(leases).verdict).toBe('clean')
  })

  it('leaves what stays', () => {
    expect(verdict(run(80, (cycle) => cycle, [8000, 8000, 8000, 8000, 8000])).verdict).toBe('leaking')
  })
})

describe('caps', () => {
  const step = run(100, (cycle) => (cycle < 3000 ? 5 : 13))
  it('fails a step over the total, and no smaller one', () => {
    expect(verdict(step, { total: 7 })).toMatchObject({ verdict: 'leaking', reasonCode: 'over-total' })
    expect(verdict(step, { total: 8 }).reasonCode).not.toBe('over-total')
  })
  it('allows a known singleton, and says what it was', () => {
    const short = run(60, (cycle) => (cycle < 3000 ? 5 : 6))
    expect(verdict(short).verdict).toBe('inconclusive')
    const allowed = verdict(short, { total: 1 })
    expect(allowed).toMatchObject({ verdict: 'clean', reasonCode: 'within-total', facts: { cap: 1, reached: 1 } })
    expect(
      verdict(
        run(60, () => 5),
        { total: 1 },
      ).reasonCode,
    ).toBe('flat')
  })
  it('does not allow a steady leak, however far its cap is', () => {
    expect(
      verdict(
        run(100, (cycle) => Math.floor(cycle / 500)),
        { total: 500 },
      ),
    ).toMatchObject({
      verdict: 'leaking',
      reasonCode: 'grows',
    })
  })
  it('does not allow what goes on growing, nor a run too short to tell', () => {
    expect(
      verdict(
        run(100, (cycle) => Math.floor(cycle / 500)),
        { total: 8 },
      ),
    ).toMatchObject({
      verdict: 'leaking',
      reasonCode: 'over-total',
    })
    expect(
      verdict(
        run(10, (_, i) => (i < 5 ? 5 : 6)),
        { total: 1 },
      ),
    ).toMatchObject({ verdict: 'inconclusive' })
  })
  it('fails a reading over the peak', () => {
    expect(verdict(step, { peak: 12 })).toMatchObject({ verdict: 'leaking', reasonCode: 'over-peak' })
    expect(verdict(step, { peak: 13 }).reasonCode).not.toBe('over-peak')
  })
})

it('never calls nothing clean', () => {
  expect(verdict([])).toMatchObject({ verdict: 'inconclusive', growthPerCycle: null })
  expect(verdict(run(1, () => 0)).verdict).toBe('inconclusive')
})
