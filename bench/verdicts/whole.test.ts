/** Whole runs on simulated programs, slow ones that have to go on among them: a quick part of `npm run bench:verdicts`. */
import { describe, expect, it } from 'vitest'
import * as programs from './programs.ts'
import { rateAt, wholeRates } from './whole.ts'

const RUNS = 3
const SLOW = 200
const PACES = [3, SLOW]

describe.each(PACES)('a run with default options whose cycles take %i ms', (msPerCycle) => {
  it.each(Object.entries(programs.clean))('is clean: %s', async (_, program) => {
    const { leaking, inconclusive } = await wholeRates(program, msPerCycle, RUNS)
    expect([leaking, inconclusive]).toEqual([0, 0])
  })
  it.each(Object.entries(programs.leakingCounts(rateAt(msPerCycle))))('leaks: %s', async (_, program) => {
    const { clean, inconclusive } = await wholeRates(program, msPerCycle, RUNS)
    expect([clean, inconclusive]).toEqual([0, 0])
  })
  it.each(Object.entries(programs.leakingMemory))('does not pass: %s', async (_, program) => {
    const { leaking, clean, coarser } = await wholeRates(program, msPerCycle, RUNS)
    expect(clean - coarser).toBe(0)
    // In 1,400 cycles 400 B are hard to see in noise of 60 kB.
    if (msPerCycle < SLOW) expect(leaking).toBeCloseTo(1)
  })
})

// Each has to be confirmed by a run of ten minutes.
it.each(Object.entries(programs.hiddenLeaks(rateAt(3))))(
  'a leak that readings between cycles do not show: %s',
  async (_, program) => {
    const { leaking } = await wholeRates(program, 3, 1)
    expect(leaking).toBe(1)
  },
)
