import { expect, it } from 'vitest'
import type { SeriesVerdict } from './rules.ts'
import { asFarAsSeen } from './undecided.ts'

const bounded = (bound: number, low: number): SeriesVerdict => ({
  verdict: 'inconclusive',
  reasonCode: 'too-noisy',
  growthPerCycle: 300,
  low,
  high: bound,
  detectable: 100,
  confirmed: null,
  facts: {},
  ruledOut: { bound, numbers: { growthPerCycle: 100, low, high: bound, detectable: 100 } },
})
const seen = (judged: SeriesVerdict) => asFarAsSeen(judged, { perCycle: 200 })

it('memory that 200 B leave open is held to what the run could tell, up to 20 kB', () => {
  expect(seen(bounded(1234, -50))).toMatchObject({
    budget: 1300,
    judged: { verdict: 'clean', facts: { coarser: 200 } },
  })
  expect(seen(bounded(20_001, -50))).toMatchObject({ budget: 200, judged: { verdict: 'inconclusive' } })
})

it('memory whose lower limit lies above its budget is never a pass', () => {
  expect(seen(bounded(1234, 201))).toMatchObject({ budget: 200, judged: { verdict: 'inconclusive' } })
})

it('memory that wavers widely is held to what its rise rules out, and the figure shown is that', () => {
  const wide = bounded(50_000, -40_000)
  expect(seen(wide)).toMatchObject({ judged: { verdict: 'inconclusive' } })
  expect(asFarAsSeen(wide, { perCycle: 200 }, 6500)).toMatchObject({
    budget: 6500,
    judged: { verdict: 'clean', high: 6500 },
  })
  expect(asFarAsSeen(wide, { perCycle: 200 }, 20_001)).toMatchObject({ judged: { verdict: 'inconclusive' } })
  expect(asFarAsSeen(bounded(50_000, 201), { perCycle: 200 }, 6500)).toMatchObject({
    judged: { verdict: 'inconclusive' },
  })
})
