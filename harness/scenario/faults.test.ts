import { expect, it } from 'vitest'
import { faultField, overlapOf } from './faults.ts'

const fault = (field: object) => faultField.parse(field)
const wrong = (field: object) =>
  faultField
    .safeParse(field)
    .error?.issues.map(({ message }) => message)
    .join('\n')

it('reads what a person writes', () => {
  expect(fault({ do: 'pause', every: 500, for: '2s' })).toMatchObject({
    every: 500,
    from: 500,
    forMs: 2000,
    cycles: null,
  })
  expect(fault({ do: 'refuse', during: [100, 130] })).toMatchObject({ during: [100, 130], cycles: 30, forMs: null })
  expect(fault({ do: 'kill', at: 7 })).toMatchObject({ at: 7, forMs: 1000 })
  expect(fault({ do: 'restart', every: 9 })).toMatchObject({ forMs: 0 })
  expect(fault({ do: 'delay', at: 0, cycles: 3, by: '20ms', within: '1s' })).toMatchObject({ byMs: 20, withinMs: 1000 })
})

it.for([
  [{ do: 'explode', at: 1 }, /pause, restart/],
  [{ do: 'resume', at: 1 }, /resumed by itself/],
  [{ do: 'pause' }, /`at`, or `during`/],
  [{ do: 'pause', at: 1, every: 2 }, /no `every` beside `at`/],
  [{ do: 'pause', at: 1, for: '1s', cycles: 2 }, /no `cycles` beside `for`/],
  [{ do: 'pause', during: [5, 5] }, /the first before the second/],
  [{ do: 'restart', at: 1, for: '1s' }, /as long as etcd takes/],
  [{ do: 'pause', at: 1, by: '1s' }, /but with `delay`/],
  [{ do: 'pause', every: 5, cycles: 5 }, /fewer than its `every`/],
  [{ do: 'pause', at: 1, from: 1 }, /no `from` without `every`/],
] as const)('%j: %s', ([field, message]) => {
  expect(wrong(field)).toMatch(message)
})

it.for([
  [{ do: 'pause', at: 10 }, { do: 'kill', at: 10 }, true],
  [{ do: 'pause', at: 10 }, { do: 'kill', at: 11 }, false],
  [{ do: 'pause', at: 10, cycles: 5 }, { do: 'kill', at: 14 }, true],
  [{ do: 'pause', during: [10, 20] }, { do: 'kill', every: 7 }, true],
  [{ do: 'pause', during: [15, 20] }, { do: 'kill', every: 7 }, false],
  [{ do: 'pause', every: 500 }, { do: 'kill', every: 300 }, true],
  [{ do: 'pause', every: 500 }, { do: 'kill', every: 300, from: 50 }, false],
  [{ do: 'pause', every: 500, cycles: 60 }, { do: 'kill', every: 300, from: 50 }, true],
] as const)('%j and %j meet: %s', ([one, other, meets]) => {
  const both = [fault(one), fault(other)]
  expect(overlapOf(both) !== null).toBe(meets)
  expect(overlapOf(both.toReversed()) !== null).toBe(meets)
})
