import { describe, expect, it } from 'vitest'
import { readFloor } from './floor.ts'

const points = (values: number[], drained: number[] = []) => [
  ...values.map((value, i) => ({ cycle: i * 10, value, drain: false })),
  ...drained.map((value) => ({ cycle: (values.length - 1) * 10, value, drain: true })),
]

describe('the floor of a series', () => {
  it('is what never comes back', () => {
    expect(readFloor(points([1, 5, 2, 2, 9, 3, 3, 3])).floor).toEqual([1, 2, 2, 2, 3, 3, 3, 3])
  })

  it('counts a rise once it has outlived two checkpoints', () => {
    expect(readFloor(points([1, 1, 2, 2])).events).toEqual([])
    expect(readFloor(points([1, 1, 2, 2, 2])).events).toEqual([{ cycle: 20, size: 1 }])
  })

  it('counts every checkpoint of a steady leak as an event of its own', () => {
    const { events, excursion } = readFloor(points([0, 3, 6, 9, 12, 15]))
    expect(excursion).toBe(0)
    expect(events.map(({ size }) => size)).toEqual([3, 3, 3])
  })

  it('waits twice as long as the signal has ever strayed, and takes rises in between for one', () => {
    const sawtooth = [0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5, 2]
    const { excursion, holds, events } = readFloor(points(sawtooth))
    expect([excursion, holds]).toEqual([3, 6])
    expect(events.map(({ size }) => size)).toEqual([1, 1])
  })

  it('takes what a final drain brings back for released', () => {
    const leases = [0, 10, 20, 30, 40, 50, 60]
    expect(readFloor(points(leases, [0, 0, 0, 0, 0])).events).toEqual([])
    expect(readFloor(points(leases, [60, 60, 60, 60, 60])).events).toHaveLength(6)
  })

  it('dates what rose beneath readings that stood above it by the drain that shows it', () => {
    const busy = [90, 110, 95, 105, 100, 98, 107, 103, 99, 104]
    const { latest, hidden } = readFloor(points(busy, [20, 20, 20, 20, 20]), 0)
    expect([latest, hidden]).toEqual([[{ cycle: 90, size: 20 }], 20])
    // All of it is back: whatever stood above it, it has leaked nothing.
    expect(readFloor(points(busy, [0, 0, 0, 0, 0]), 0)).toMatchObject({ latest: [], hidden: 0, holds: 2 })
  })

  it('dates what rose while the floor was touched by the floor', () => {
    const touched = Array.from({ length: 40 }, (_, i) => (i < 20 ? 3 : 5) + (i % 3))
    const { latest, hidden } = readFloor(points(touched, [5, 5, 5, 5, 5]), 3)
    expect([latest, hidden]).toEqual([[{ cycle: 190, size: 2 }], 0])
  })

  it('takes a low reading under much that comes and goes for no sign that nothing rose since', () => {
    const low = Array.from({ length: 60 }, (_, i) => (i === 3 ? 40 : 130 + 10 * (i % 3)))
    const { latest, hidden } = readFloor(points(low, [41, 41, 41, 41, 41]), 0)
    expect([latest, hidden]).toEqual([[{ cycle: 590, size: 41 }], 41])
  })
})
