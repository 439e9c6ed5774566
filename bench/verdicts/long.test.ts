/** The judge on long series: a quick part of `npm run bench:verdicts -- long`, seeded, so that it says the same every time. */
import { describe, expect, it } from 'vitest'
import { longRates } from './long.ts'
import { type LongShape, longShapes } from './long-shapes.ts'

const SERIES = 1

describe('a long series', () => {
  it.each(Object.entries(longShapes))(
    'of %s is never called what its own interval rules out, nor leaking where it is not',
    (_, shape) => {
      const { leaking, contradicted } = longRates(shape, SERIES, 1)
      expect([leaking, contradicted]).toEqual([0, 0])
    },
  )
  it('that leaks by what one could see is seen, and one that leaks more than it may is not clean', () => {
    const { seen, passed, clean, covered } = longRates(longShapes['white noise'] as LongShape, 15, 1)
    expect([seen, clean].map((share) => share >= 0.8)).toEqual([true, true])
    expect(passed).toBe(0)
    expect(covered).toBeGreaterThan(0.85)
  })
})
