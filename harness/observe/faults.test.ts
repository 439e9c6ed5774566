import { expect, it } from 'vitest'
import { draw } from './faults.ts'

it('the same seed draws the same moments, between 0 and 1', () => {
  const drawn = Array.from({ length: 50 }, (_, nth) => draw(1, nth))
  expect(drawn).toEqual(Array.from({ length: 50 }, (_, nth) => draw(1, nth)))
  expect(drawn).not.toEqual(Array.from({ length: 50 }, (_, nth) => draw(2, nth)))
  expect(Math.min(...drawn)).toBeLessThan(0.2)
  expect(Math.max(...drawn)).toBeLessThan(1)
})
