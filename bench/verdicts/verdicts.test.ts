/** The judge on what series of real programs look like: a quick part of `npm run bench:verdicts`, seeded, so that it says the same every time. */
import { describe, expect, it } from 'vitest'
import * as shapes from './shapes.ts'
import { simulate } from './simulate.ts'

const RUNS = 150
const LENGTH = 100

describe('what is clean is not called leaking', () => {
  const counts = { ...shapes.cleanCounts, ...shapes.untunedCleanCounts }
  it.each(Object.entries(counts))('%s', (_, shape) => {
    expect(simulate(shape, 'count', LENGTH, RUNS).confirmed).toBe(0)
  })
  const memory = { ...shapes.cleanMemory, ...shapes.untunedCleanMemory }
  it.each(Object.entries(memory))('%s', (_, shape) => {
    expect(simulate(shape, 'bytes', LENGTH, RUNS).confirmed).toBe(0)
  })
})

describe('what leaks is called leaking, and hardly ever clean', () => {
  it.each([
    ['1 per cycle', 1, 0],
    ['1 per 10', 1, 0],
    ['1 per 100', 1, 0],
    ['1 per 1,000', 0.75, 0.02],
    // No clean verdict can bound bursts that it never saw.
    ['bursts: 1 per 2,000 cycles, mean 20', 0.33, 0.1],
    ['1 per 100 under a sawtooth', 0.94, 0],
    ['1 per 100 under delayed release', 0.94, 0],
    ['1 per 100 under a warm-up', 0.94, 0],
  ])('%s', (name, least, mostClean) => {
    const { confirmed, clean } = simulate(shapes.leakingCounts[name] as shapes.Shape, 'count', LENGTH, RUNS)
    expect(confirmed).toBeGreaterThanOrEqual(least)
    expect(clean).toBeLessThanOrEqual(mostClean)
  })
  it.each([
    ['5 kB per cycle', 1],
    ['5 kB per 10 cycles', 0.95],
    ['5 kB per 100 cycles', 0.33],
  ])('%s', (name, least) => {
    const { confirmed, clean } = simulate(shapes.leakingMemory[name] as shapes.Shape, 'bytes', LENGTH, RUNS)
    expect(confirmed).toBeGreaterThanOrEqual(least)
    expect(clean).toBeLessThanOrEqual(0.05)
  })
})
