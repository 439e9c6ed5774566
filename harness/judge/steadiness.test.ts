import { expect, it } from 'vitest'
import { steadiness } from './steadiness.ts'

const points = (n: number, value: (i: number) => number, drain: number[] = []) => [
  ...Array.from({ length: n }, (_, i) => ({ cycle: i * 10, value: value(i), drain: false })),
  ...drain.map((value) => ({ cycle: (n - 1) * 10, value, drain: true })),
]
/** A generator of its own, so that the same numbers come each time. */
const chance = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32
  return seed / 2 ** 32
}

it('what grows like clockwork is known for certain', () => {
  expect(steadiness(points(40, (i) => 10 * i))).toEqual({ growthPerCycle: 1, low: 1, high: 1 })
})
it('a sawtooth grows with its floor', () => {
  const found = steadiness(points(200, (i) => i + (i % 5) * 20))
  expect(found?.growthPerCycle).toBeCloseTo(0.1, 1)
})
it('what came back in the final drain did not grow', () => {
  expect(steadiness(points(40, (i) => 10 * i, [0, 0]))).toMatchObject({ growthPerCycle: 0 })
})
it('has no interval of a series too short for one', () => {
  expect(steadiness(points(8, (i) => i))).toBeNull()
  expect(steadiness([])).toBeNull()
})
it('its interval holds the rate of what comes by chance, 95 times of 100', () => {
  const random = chance(7)
  let held = 0
  for (let run = 0; run < 400; run++) {
    let level = 0
    const found = steadiness(points(101, () => (level += random() < 0.5 ? 1 : 0)))
    if (found && found.low <= 0.05 && found.high >= 0.05) held++
  }
  expect(held / 400).toBeGreaterThan(0.92)
  expect(held / 400).toBeLessThan(0.98)
})
