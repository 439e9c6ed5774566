import { expect, it } from 'vitest'
import { faultField } from '../scenario/faults.ts'
import { draw, schedule } from './faults.ts'

const fault = (field: object) => faultField.parse(field)

it('faults come where they were planned, and once each', () => {
  const coming = schedule([fault({ do: 'pause', every: 100 }), fault({ do: 'kill', at: 150 })], 20)
  expect(coming.left(20)).toBe(80)
  expect(coming.take(100).do).toBe('pause')
  expect(coming.left(104)).toBe(46)
  expect(coming.take(150).do).toBe('kill')
  expect(coming.left(151)).toBe(49)
  expect(coming.taken).toBe(2)
})
it('what falls into the warm-up begins after it; of what repeats, the next one', () => {
  expect(schedule([fault({ do: 'pause', at: 0 })], 20).left(20)).toBe(0)
  expect(schedule([fault({ do: 'pause', every: 15 })], 20).left(20)).toBe(10)
})
it('what was passed while another lasted begins at once', () => {
  const coming = schedule([fault({ do: 'pause', at: 10 }), fault({ do: 'kill', at: 12 })], 0)
  coming.take(10)
  expect(coming.left(40)).toBe(0)
})
it('none come without any', () => {
  expect(schedule([], 0).left(5)).toBe(Infinity)
})
it('the same seed draws the same moments, between 0 and 1', () => {
  const drawn = Array.from({ length: 50 }, (_, nth) => draw(1, nth))
  expect(drawn).toEqual(Array.from({ length: 50 }, (_, nth) => draw(1, nth)))
  expect(drawn).not.toEqual(Array.from({ length: 50 }, (_, nth) => draw(2, nth)))
  expect(Math.min(...drawn)).toBeLessThan(0.2)
  expect(Math.max(...drawn)).toBeLessThan(1)
})
