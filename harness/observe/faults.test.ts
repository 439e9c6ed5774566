import { expect, it } from 'vitest'
import { faultField } from '../scenario/faults.ts'
import { draw, type FaultRun, underFault } from './faults.ts'

const fault = (field: object) => faultField.parse(field)

it('the same seed draws the same moments, between 0 and 1', () => {
  const drawn = Array.from({ length: 50 }, (_, nth) => draw(1, nth))
  expect(drawn).toEqual(Array.from({ length: 50 }, (_, nth) => draw(1, nth)))
  expect(drawn).not.toEqual(Array.from({ length: 50 }, (_, nth) => draw(2, nth)))
  expect(Math.min(...drawn)).toBeLessThan(0.2)
  expect(Math.max(...drawn)).toBeLessThan(1)
})
it('a cycle that waits for the end of its fault is the last one under it', async () => {
  const said: string[] = []
  const { promise: waits, resolve: goOn } = Promise.withResolvers<{ msPerCycle: number }>()
  const cycles = {
    hung: null as number | null,
    batch(count: number) {
      if (count === 1) return Promise.resolve({ msPerCycle: 1 }) // after it
      this.hung = 30
      return waits
    },
    fault() {},
    lifted() {},
  }
  const inflicted = {
    text: 'etcd is paused',
    async begin() {},
    async end() {
      said.push('over')
      cycles.hung = null
      goOn({ msPerCycle: 1 })
    },
  }
  const run = {
    plan: { seed: 1 },
    faults: { inflict: () => inflicted },
    cycles,
    target: { stop: () => said.push('stop') },
    halt: { halted: null },
    event() {},
    ms: () => 0,
    left: { cycles: 100, ms: 1000 },
  } as unknown as FaultRun
  await underFault(fault({ do: 'pause', at: 30, cycles: 3 }), 1, 1, run)
  expect(said.slice(0, 2)).toEqual(['stop', 'over'])
})
