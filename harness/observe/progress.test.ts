import { expect, it } from 'vitest'
import { progressOf } from './progress.ts'

const length = { cycles: 10_000, forMs: 60_000, checkpoints: 100, quick: false, mostMs: 300_000 }
const outlook = { cyclesPerSecond: 100, ms: 120_000, resolution: 1 / 1000 }
const at = (cycles: number, ms: number, of: Partial<Parameters<typeof progressOf>[0]> = {}) =>
  progressOf(
    { length, endless: false, outlook, ...of },
    'run',
    { done: cycles, failed: 0, underFault: null },
    { cycles, ms },
  )

it('what is left of a run is the time after which it may know, then all that it may take', () => {
  expect(at(1000, 10_000)).toMatchObject({ msLeft: 110_000, undecided: false, cyclesPerSecond: 100 })
  expect(at(13_000, 130_000)).toMatchObject({ msLeft: 170_000, undecided: true })
  // It may take longer than a run does by itself.
  expect(at(10, 10_000, { outlook: { ...outlook, ms: 900_000 } })).toMatchObject({ msLeft: 290_000, undecided: false })
})

it('of a run with a length of its own it is the rest of that, at its pace, and of one without end nothing', () => {
  const own = { length: { ...length, mostMs: null }, outlook: null }
  expect(at(1000, 10_000, own)).toMatchObject({ msLeft: 50_000, undecided: false })
  expect(at(9000, 18_000, own)).toMatchObject({ msLeft: 2000 })
  expect(at(1000, 10_000, { ...own, endless: true }).msLeft).toBeNull()
})
