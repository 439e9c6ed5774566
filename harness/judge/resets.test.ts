import { expect, it } from 'vitest'
import { resetsOf } from './resets.ts'

const points = (values: number[]) => values.map((value, i) => ({ cycle: i * 10, value, drain: false }))
const rising = Array.from({ length: 30 }, (_, i) => i)

it('a count that had only risen and falls all the way, once, was reset', () => {
  expect(resetsOf(points([...rising, 0, 1, 2]), [])).toEqual([300])
})
it('what is swept regularly, in part, or early was not', () => {
  expect(resetsOf(points([...rising, 0, ...rising, 0]), [])).toEqual([])
  expect(resetsOf(points([...rising, 12, 13]), [])).toEqual([])
  expect(resetsOf(points([0, 1, 2, 3, 0, 1]), [])).toEqual([])
})
it('a reset that was recorded is one', () => {
  const event = { line: 'event' as const, ms: 0, cycles: 40, kind: 'server-reset' as const, text: 'etcd was restarted' }
  expect(resetsOf(points([0, 1, 2, 3, 1, 2]), [event])).toEqual([40])
})
