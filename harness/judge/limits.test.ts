import { describe, expect, it } from 'vitest'
import { highEvents, lowEvents } from './limits.ts'

describe('limits of a number of events', () => {
  it.each([
    [4, 0.15],
    [6, 0.63],
    [10, 1.98],
    [20, 6.7],
  ])('the lower limit of %i events at 0.001 is %f', (events, limit) => {
    expect(lowEvents(events, 0.001)).toBeCloseTo(limit, 1)
  })

  it.each([
    [0, 3.6],
    [1, 7.0],
    [3, 11.8],
  ])('the upper limit of %i events at 0.035 is %f', (events, limit) => {
    expect(highEvents(events, 0.035)).toBeCloseTo(limit, 1)
  })

  it('says nothing from below about few events', () => {
    expect(lowEvents(0, 0.001)).toBe(0)
    expect(lowEvents(2, 0.001)).toBe(0)
  })

  it('brackets the number of events, and tightens as the error allowed grows', () => {
    for (const events of [5, 30, 300]) {
      expect(lowEvents(events, 0.025)).toBeLessThan(events)
      expect(highEvents(events, 0.025)).toBeGreaterThan(events)
      expect(lowEvents(events, 0.1)).toBeGreaterThan(lowEvents(events, 0.001))
      expect(highEvents(events, 0.1)).toBeLessThan(highEvents(events, 0.001))
    }
  })

  it('holds at every look: looked at after each of 400 batches, it is wrong no more often than it says', () => {
    const random = seeded(7)
    const runs = 1000
    let low = 0
    let high = 0
    for (let run = 0; run < runs; run++) {
      const rate = 10 ** (-2 + 2 * random()) // events per batch, 0.01 to 1
      let events = 0
      let wrong = { low: false, high: false }
      for (let batch = 1; batch <= 400; batch++) {
        events += poisson(rate, random)
        if (batch % 10 !== 0) continue // limits move slowly; every tenth look keeps the test quick
        wrong = {
          low: wrong.low || lowEvents(events, 0.01) > rate * batch,
          high: wrong.high || highEvents(events, 0.05) < rate * batch,
        }
      }
      low += Number(wrong.low)
      high += Number(wrong.high)
    }
    expect(low / runs).toBeLessThan(0.01)
    expect(high / runs).toBeLessThan(0.06)
  })
})

/** mulberry32: small, seeded, good enough for a simulation. */
function seeded(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function poisson(mean: number, random: () => number): number {
  let events = 0
  for (let p = random(); p > Math.exp(-mean); p *= random()) events++
  return events
}
