import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { partsThatGrow } from './doubling.ts'

const random = seeded(11)
/** 400 readings of a heap that wavers by 2 kB, from one cycle to another. */
function series(value: (cycle: number) => number, { from = 4600, to = 320_000 } = {}) {
  const x = Float64Array.from({ length: 400 }, (_, i) => from + (i * (to - from)) / 399)
  return { x, y: x.map((cycle) => 5e6 + value(cycle) + 2000 * random.normal()) }
}
const STEP = 20_000
const doubling = (cycle: number) => 20 * 2 ** Math.ceil(Math.log2(17 * cycle))
const byHalf = (cycle: number) => {
  let room = 17
  while (room < 60 * cycle) room += (room >> 1) + 16
  return 8 * room
}

describe('storage that grows by a factor', () => {
  it.each([
    ['doubles', doubling, 520],
    ['grows by half', byHalf, 500],
  ])('%s: it grows as much as the run does', (_, storage, perCycle) => {
    const rates = partsThatGrow(series(storage), STEP) as number[]
    expect(rates.length).toBeGreaterThanOrEqual(3)
    for (const rate of rates) expect(rate / perCycle).toBeGreaterThan(0.5)
    for (const rate of rates) expect(rate / perCycle).toBeLessThan(2)
  })

  it.each([
    ['a logarithm', (cycle: number) => 1e6 * Math.log(1 + cycle / 100)],
    ['the root of the cycles', (cycle: number) => 5e4 * Math.sqrt(cycle)],
    ['a cache that fills, and stops', (cycle: number) => 100 * Math.min(cycle, 90_000)],
    ['one step', (cycle: number) => (cycle > 200_000 ? 5e6 : 0)],
    ['noise', () => 0],
  ])('%s does not', (_, value) => {
    expect(partsThatGrow(series(value), STEP)).toBe(null)
  })

  it('nobody can tell of a run that was read for less than the last fifteen sixteenths of it', () => {
    expect(partsThatGrow(series(doubling, { from: 25_000 }), STEP)).toBe(null)
  })
})
