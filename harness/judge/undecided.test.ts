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
