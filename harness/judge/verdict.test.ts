/** One series: what its rests say where it comes and goes too widely to be counted. */
import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import type { Point } from './floor.ts'
import { errorShared } from './rules.ts'
import { judgeSeries } from './verdict.ts'

const rules = { budget: 0, resolution: 1 / 1000, ...errorShared(12), early: false, total: null, peak: null }
const random = seeded(21)
/** A run that comes to rest after each of these cycles, with so much left; while it runs, as many again come and go. */
function resting(
  rests: readonly (readonly [cycle: number, left: number])[],
  comesAndGoes = () => 1500 + 300 * random.normal(),
) {
  const points: Point[] = []
  let from = 0
  let level = 0
  for (const [to, left] of rests) {
    for (let i = 0; i < 60; i++) {
      const cycle = Math.round(from + ((i + 1) / 60) * (to - from))
      points.push({ cycle, value: Math.round(level + ((i + 1) / 60) * (left - level) + comesAndGoes()), drain: false })
    }
    for (let i = 0; i < 5; i++) points.push({ cycle: to, value: left, drain: true })
    from = to
    level = left
  }
  return judgeSeries(points, 'count', rules, { before: 0 })
}

describe('a count that comes and goes, and comes to rest', () => {
  it('with as much more each time as cycles ran leaks, and a second run has to see it', () => {
    expect(
      resting([
        [10_000, 28],
        [20_000, 58],
        [40_000, 114],
        [220_000, 638],
      ]),
    ).toMatchObject({ verdict: 'leaking', reasonCode: 'grows', confirmed: false })
  })

  it('with nothing left is clean, however it strayed', () => {
    expect(resting([[40_000, 0]])).toMatchObject({ verdict: 'clean' })
  })

  it('with something left once is not clean: it may have grown all the time', () => {
    const once = resting([[40_000, 50]])
    expect(once).toMatchObject({ verdict: 'inconclusive', reasonCode: 'grew-unseen', facts: { hidden: 50 } })
  })

  it('with the same left as the time before is clean once that was long enough', () => {
    expect(
      resting([
        [10_000, 5],
        [20_000, 5],
        [90_000, 5],
      ]),
    ).toMatchObject({ verdict: 'clean' })
  })

  it('with ever less more fills up, and leaks nothing for sure', () => {
    const filling = resting([
      [10_000, 300],
      [20_000, 360],
      [40_000, 400],
      [220_000, 430],
    ])
    expect(filling.verdict).toBe('inconclusive')
  })

  it('is judged by its trend where it never came to rest', () => {
    const points = Array.from({ length: 200 }, (_, i) => ({
      cycle: i * 100,
      value: 50 + random.poisson(40),
      drain: false,
    }))
    expect(judgeSeries(points, 'count', rules, { before: 0 }).facts.hidden).toBe(undefined)
  })
})

describe('what falls may hide what grows beside it', () => {
  const falling = (kind: 'count' | 'bytes', from: number, by: number, noise: number) => {
    const points = Array.from({ length: 100 }, (_, i) => ({
      cycle: i * 100,
      value: Math.round(from - i * 100 * by + noise * random.normal()),
      drain: false,
    }))
    return judgeSeries(points, kind, { ...rules, budget: kind === 'bytes' ? 200 : 0 })
  }

  it('a count, and says when it will have fallen', () => {
    const judged = falling('count', 20_000, 0.5, 0)
    expect(judged).toMatchObject({ verdict: 'inconclusive', reasonCode: 'falls' })
    expect(judged.facts.moreCycles).toBeGreaterThan(30_000)
  })

  it('also where a drain came for something else', () => {
    const run = Array.from({ length: 101 }, (_, i) => ({ cycle: i * 100, value: 20_000 - 50 * i, drain: false }))
    const drained = Array.from({ length: 5 }, () => ({ cycle: 10_000, value: 15_000, drain: true }))
    expect(judgeSeries([...run, ...drained], 'count', rules, { before: 20_000 })).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'falls',
    })
    expect(judgeSeries([...run, ...drained], 'count', rules)).toMatchObject({ reasonCode: 'falls' })
  })

  it('memory', () => {
    expect(falling('bytes', 3e7, 300, 1000)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'falls' })
  })

  it('but not what falls a little, by less than its budget', () => {
    expect(falling('bytes', 3e7, 100, 1000)).toMatchObject({ verdict: 'clean' })
    expect(falling('bytes', 3e7, 20, 1000)).toMatchObject({ verdict: 'clean' })
  })
})
