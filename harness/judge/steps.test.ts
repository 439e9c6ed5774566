import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { stepsAreBetter, withoutSteps } from './steps.ts'
import { lineThrough } from './trend.ts'

const series = (n: number, value: (i: number) => number) => ({
  x: Float64Array.from({ length: n }, (_, i) => i * 100),
  y: Float64Array.from({ length: n }, (_, i) => value(i)),
})

describe('a line beside steps', () => {
  it('has the slope between the steps, and says what the steps add up to', () => {
    const random = seeded(1)
    const doubled = series(40, (i) => 1e7 + 1e5 * i + (i >= 21 ? 240_000 : 0) + 500 * random.normal())
    const found = withoutSteps(doubled)
    expect(found?.steps).toBe(1)
    expect(found?.stepSum).toBeCloseTo(240_000, -3)
    expect(found?.line.slope).toBeCloseTo(1000, -1)
    expect(found && lineThrough(found.level).slope).toBeCloseTo(1000, -1)
  })
  it('finds two, and no more than readings bear', () => {
    const two = series(40, (i) => 1e5 * i + (i >= 12 ? 3e5 : 0) + (i >= 30 ? 4e5 : 0) + (i % 2))
    expect(withoutSteps(two)?.steps).toBe(2)
    expect(withoutSteps(series(12, (i) => (i >= 6 ? 1e6 : 0) + i))).toBe(null)
  })
  it('is none where there is no step, or where one goes down', () => {
    const random = seeded(2)
    expect(withoutSteps(series(40, (i) => 1e5 * i + 5000 * random.normal()))).toBe(null)
    expect(withoutSteps(series(40, (i) => 1e5 * i - (i >= 21 ? 1e6 : 0) + (i % 2)))).toBe(null)
  })
  it('has to explain more than steps alone', () => {
    const stairs = series(40, (i) => 1e5 * Math.floor(i / 14) + 100 * (i % 2))
    expect(stepsAreBetter(stairs, { line: lineThrough(stairs), steps: 0 })).toBe(true)
    const leak = series(40, (i) => 1e4 * i + (i >= 21 ? 3e5 : 0) + 100 * (i % 2))
    const stepped = withoutSteps(leak)
    expect(stepped && stepsAreBetter(leak, stepped)).toBe(false)
  })
})
