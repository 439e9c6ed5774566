import { expect, it } from 'vitest'
import { high, low, slopeOf } from './slope.ts'
import { lineThrough } from './trend.ts'

const series = (value: (i: number) => number, n = 40) => ({
  x: Float64Array.from({ length: n }, (_, i) => i * 100),
  y: Float64Array.from({ length: n }, (_, i) => value(i)),
})

it('a step between two segments is seen by no segment, and ruled out by none', () => {
  const stepped = series((i) => (i < 16 ? 0 : 1e6) + (i % 2))
  const { slope } = lineThrough(stepped)
  expect(high(slopeOf(stepped, 0), 0.05)).toBeGreaterThanOrEqual(slope)
})

it('segments reach to the last reading', () => {
  // 18 readings, of which the last three rise.
  const turned = series((i) => (i < 15 ? -1000 * i : -15_000 + 8000 * (i - 14)), 18)
  const flat = series((i) => -1000 * i, 18)
  expect(high(slopeOf(turned, 0), 0.05)).toBeGreaterThan(high(slopeOf(flat, 0), 0.05) + 10)
})

it('growth without noise has its own slope as its limits', () => {
  const line = slopeOf(
    series((i) => 500 * i),
    0,
  )
  expect([low(line, 0.001), high(line, 0.001)].map((limit) => Math.round(limit * 100) / 100)).toEqual([5, 5])
})
