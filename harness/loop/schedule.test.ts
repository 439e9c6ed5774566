import { expect, it } from 'vitest'
import { faultField } from '../scenario/faults.ts'
import { type Coming, comingFaults, cyclesUntil, takeDue } from './schedule.ts'

const fault = (field: object) => faultField.parse(field)
const take = (coming: readonly Coming[], done: number) => takeDue(coming, done)

it('faults come where they were planned, and once each', () => {
  const coming = comingFaults([fault({ do: 'pause', every: 100 }), fault({ do: 'kill', at: 150 })], 20)
  expect(cyclesUntil(coming, 20)).toBe(80)
  const first = take(coming, 100)
  expect(first.fault.do).toBe('pause')
  expect(cyclesUntil(first.rest, 104)).toBe(46)
  const second = take(first.rest, 150)
  expect(second.fault.do).toBe('kill')
  expect(cyclesUntil(second.rest, 151)).toBe(49)
  // What was there before is as it was.
  expect(cyclesUntil(coming, 20)).toBe(80)
})
it('what falls into the warm-up begins after it; of what repeats, the next one', () => {
  expect(cyclesUntil(comingFaults([fault({ do: 'pause', at: 0 })], 20), 20)).toBe(0)
  expect(cyclesUntil(comingFaults([fault({ do: 'pause', every: 15 })], 20), 20)).toBe(10)
})
it('what was passed while another lasted begins at once', () => {
  const { rest } = take(comingFaults([fault({ do: 'pause', at: 10 }), fault({ do: 'kill', at: 12 })], 0), 10)
  expect(cyclesUntil(rest, 40)).toBe(0)
})
it('none come without any', () => {
  expect(cyclesUntil([], 5)).toBe(Infinity)
})
