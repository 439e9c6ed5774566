import { describe, expect, it } from 'vitest'
import { seeded } from '../../../bench/verdicts/random.ts'
import { BLOCKS, levelsOf, meansOf } from './blocks.ts'
import { fallsOf } from './falls.ts'

const random = seeded(5)
const N = 2000
const x = Float64Array.from({ length: N }, (_, i) => i / (N - 1))
const series = (value: (at: number, i: number) => number) => ({ x, y: x.map(value) })

describe('levels', () => {
  it('are one a block of equal time, without those that hardly have a reading', () => {
    const level = levelsOf(
      series(() => 100 + random.normal()),
      0,
      [],
      false,
    )
    expect(level.x.length).toBeGreaterThan(0.85 * BLOCKS)
    const gap = {
      x: x.filter((at) => at < 0.3 || at > 0.6),
      y: x.filter((at) => at < 0.3 || at > 0.6).map(() => random.normal()),
    }
    expect(levelsOf(gap, 0, [], false).x.some((at) => at > 0.31 && at < 0.59)).toBe(false)
  })
  it('of spikes are without them, and of a step with it', () => {
    const spiky = levelsOf(
      series((at) => random.normal() + (at > 0.5 && at < 0.51 ? 500 : 0)),
      0,
      [],
      false,
    )
    expect(Math.max(...spiky.y)).toBeLessThan(5)
    const stepped = levelsOf(
      series((at) => random.normal() + (at > 0.5 ? 500 : 0)),
      0,
      [],
      false,
    )
    expect(stepped.y.filter((value) => value > 400).length).toBeGreaterThan(30)
  })
  it('of rounded readings lie between the two numbers that there are', () => {
    // Three of ten readings are one step higher: their mean says so, their median does not.
    const rounded = levelsOf(
      series((_, i) => ((i * 7) % 10 < 3 ? 8 : 0)),
      8,
      [],
      false,
    )
    for (const value of rounded.y) expect(value).toBeCloseTo(2.4, 0)
  })
  it('tell what else was read in their time', () => {
    const levels = levelsOf(
      series(() => random.normal()),
      0,
      [],
      false,
    )
    expect(meansOf(x, levels)).toEqual(levels.x)
  })
})

it('sharp falls of a sawtooth are found, and the deep ones of restarts; a step up is none', () => {
  const teeth = series((at) => 100 * ((at * 12) % 1) + random.normal())
  expect(fallsOf(levelsOf(teeth, 0, [], false), teeth).at.length).toBeGreaterThanOrEqual(9)
  const restarted = series((at) => 100 * (at > 0.6 ? at - 0.6 : at) + 0.3 * random.normal())
  const { deep } = fallsOf(levelsOf(restarted, 0, [], false), restarted)
  expect(deep).toEqual([expect.closeTo(0.6, 2)])
  const up = series((at) => (at > 0.5 ? 100 : 0) + random.normal())
  expect(fallsOf(levelsOf(up, 0, [], false), up).at).toEqual([])
})
