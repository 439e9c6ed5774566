import { describe, expect, it } from 'vitest'
import { thinned } from './thin.ts'

const series = (n: number, value: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => value(i))
const of = (values: Float64Array) => thinned(values).map((i) => values[i] as number)

describe('thinning', () => {
  it('keeps few points, in order, the first and the last', () => {
    const kept = thinned(series(1_000_000, (i) => Math.sin(i)))
    expect(kept.length).toBeLessThanOrEqual(1000)
    expect(kept).toEqual(kept.toSorted((a, b) => a - b))
    expect([kept[0], kept.at(-1)]).toEqual([0, 999_999])
  })

  it.each([3, 123_456, 999_998])('keeps one reading that stands out, up or down, at %i', (at) => {
    expect(of(series(1_000_000, (i) => (i === at ? 999 : i % 7)))).toContain(999)
    expect(of(series(1_000_000, (i) => (i === at ? -999 : i % 7)))).toContain(-999)
  })

  it.each([1, 400_001, 999_000])('keeps a step where it was, at %i', (at) => {
    const values = series(1_000_000, (i) => (i < at ? 10 : 15))
    const kept = thinned(values)
    const step = kept.findIndex((i) => (values[i] as number) === 15)
    expect(kept[step]).toBe(at)
    expect(kept.slice(0, step).every((i) => values[i] === 10)).toBe(true)
    // The line from the one to the other is steep: they are neighbours on the screen.
    expect((kept[step] as number) - (kept[step - 1] as number)).toBeLessThanOrEqual(4000)
  })

  it('leaves out what was not read, and leaves a short series as it is', () => {
    expect(thinned(Float64Array.of(1, Number.NaN, 3))).toEqual([0, 2])
    expect(of(series(10_000, (i) => (i % 2 ? Number.NaN : i)))).not.toContain(Number.NaN)
  })
})
