import { describe, expect, it } from 'vitest'
import { judgeAlone, unitOf } from './alone.ts'

const series = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i))
const cycles = (n: number) => series(n, (i) => i * 100)
const rules = { unit: 'count', budget: 0, resolution: 1 / 1000, along: 'cycle' } as const

it('what a series is shows in its name and in its numbers', () => {
  expect(unitOf('threads', [1, 2, null])).toBe('count')
  expect(unitOf('heap', [1, 2])).toBe('bytes')
  expect(unitOf('process_resident_memory_bytes', [1])).toBe('bytes')
  expect(unitOf('load', [1, 2.5])).toBe('bytes')
  expect(unitOf('x', [52_428_800])).toBe('bytes')
})

describe('a series by itself', () => {
  it('has the verdict it would have in a run', () => {
    expect(
      judgeAlone(
        cycles(100),
        series(100, () => 7),
        rules,
      ).verdict,
    ).toBe('clean')
    expect(
      judgeAlone(
        cycles(100),
        series(100, (i) => i),
        rules,
      ),
    ).toMatchObject({ verdict: 'leaking', confirmed: true })
    const weak = series(100, (i) => Math.floor(i / 16))
    expect(judgeAlone(cycles(100), weak, rules)).toMatchObject({ verdict: 'leaking', confirmed: false })
  })
  it('with a gap is never clean, and never leaking', () => {
    const gap = series(100, (i) => i) as (number | null)[]
    gap[50] = null
    expect(judgeAlone(cycles(100), gap, rules)).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'stopped-being-read',
      facts: { unread: '1 of 100 cells are empty' },
    })
  })
  it('of many readings keeps its floor when it is thinned', () => {
    const n = 50_000
    const sawtooth = series(n, (i) => Math.floor(i / 100) + (i % 3))
    const leak = judgeAlone(cycles(n), sawtooth, rules)
    expect(leak.verdict).toBe('leaking')
    expect(leak.growthPerCycle).toBeCloseTo(1 / 10_000, 6)
    expect(
      judgeAlone(
        cycles(n),
        series(n, (i) => i % 3),
        rules,
      ).verdict,
    ).toBe('clean')
  })
})
