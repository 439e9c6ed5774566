/** A long series as some eighty levels: what a trend is worth depends on its length, hardly on how often it was read. Pure. */
import type { XY } from '../trend.ts'
import { bendOf, differencesOf, medianOf, quantileOf, spreadOf } from './spread.ts'

/** Blocks of equal length. The grid of noises is in units of one: both change together. */
export const BLOCKS = 80
/** A block with less than this share of the readings that it should have is dropped. */
const LEAST_FILLED = 0.3
/** A reading that lies further from the median of its block, in spreads of all readings, counts as if it lay there. */
const FAR = 4
/** Levels are compared in so many parts of the series: noise that is slower than that is what a trend has to be told from. */
const PARTS = 20

export type Levels = XY & {
  /** The readings that each is made of, by their places; and how many these are on average. */
  places: readonly (readonly number[])[]
  readings: number
}

/** Each reading a level of its own. */
export const readByRead = ({ x, y }: XY, places = Array.from(x, (_, i) => i)): Levels => ({
  x: Float64Array.from(places, (i) => x[i] as number),
  y: Float64Array.from(places, (i) => y[i] as number),
  places: places.map((i) => [i]),
  readings: 1,
})

/** Those levels that are kept. */
const chosen = ({ x, y, places, readings }: Levels, isKept: (i: number) => boolean): Levels => ({
  x: x.filter((_, i) => isKept(i)),
  y: y.filter((_, i) => isKept(i)),
  places: places.filter((_, i) => isKept(i)),
  readings,
})

/** What else was read at the same time, as the mean of each level's readings. */
export const meansOf = (values: Float64Array, { places }: Pick<Levels, 'places'>): Float64Array =>
  Float64Array.from(places, (block) => block.reduce((sum, i) => sum + (values[i] as number), 0) / block.length)

type Way = { blocks: number; level: (readings: readonly number[]) => number; prefer: number; isMean: boolean }

/** The readings of each block of equal length, by their places; without those that hardly have any. */
function placesIn(x: Float64Array, blocks: number): number[][] {
  const places = Array.from({ length: blocks }, (): number[] => [])
  for (const [i, at] of x.entries()) places[Math.min(blocks - 1, Math.floor(at * blocks))]?.push(i)
  const least = Math.max(1, (LEAST_FILLED * x.length) / blocks)
  return places.filter(({ length }) => length >= least)
}

function levelsBy({ x, y }: XY, blocks: number, level: (readings: readonly number[]) => number): Levels {
  const places = placesIn(x, blocks)
  const of = (series: Float64Array, block: readonly number[]) => block.map((i) => series[i] as number)
  return {
    x: Float64Array.from(places, (block) => of(x, block).reduce((sum, at) => sum + at, 0) / block.length),
    y: Float64Array.from(places, (block) => level(of(y, block))),
    places,
    readings: x.length / places.length,
  }
}

export const mediansOf = (series: XY): Levels => levelsBy(series, BLOCKS, medianOf)

/** The mean of the readings, where those that lie far from their median count as if they lay nearer. */
function meanWithin(far: number) {
  return (readings: readonly number[]): number => {
    const middle = medianOf(readings)
    const sum = readings.reduce((all, value) => all + Math.max(middle - far, Math.min(middle + far, value)), 0)
    return sum / readings.length
  }
}

const lowest = (share: number) => (readings: readonly number[]) => quantileOf(readings, share)

/** A mean says most of plain noise; low readings say more of what is collected, and the lowest of a sawtooth. */
function waysOf(series: XY, rounding: number, isSawtooth: boolean): Way[] {
  const strays = placesIn(series.x, BLOCKS).flatMap((block) => {
    const readings = block.map((i) => series.y[i] as number)
    const middle = medianOf(readings)
    return readings.map((value) => value - middle)
  })
  // Of readings that are mostly one number the spread is nothing, and the others say how far from it they are.
  const far = FAR * Math.max(Number.MIN_VALUE, rounding, spreadOf(strays))
  const ways: Way[] = [
    { blocks: BLOCKS, level: meanWithin(far), prefer: 1, isMean: true },
    { blocks: BLOCKS, level: lowest(0.1), prefer: 0.75, isMean: false },
  ]
  if (!isSawtooth) return ways
  return [
    ...ways,
    { blocks: Math.round(BLOCKS / 2), level: lowest(0.04), prefer: 0.65, isMean: false },
    { blocks: Math.round(BLOCKS / 3), level: lowest(0.02), prefer: 0.6, isMean: false },
  ]
}

/** Noise that is as slow as a part of the series. */
function slowNoiseOf({ x, y }: XY): number {
  const sums = new Float64Array(PARTS)
  const counts = new Float64Array(PARTS)
  x.forEach((at, i) => {
    const part = Math.min(PARTS - 1, Math.floor(at * PARTS))
    sums[part] = (sums[part] as number) + (y[i] as number)
    counts[part] = (counts[part] as number) + 1
  })
  return bendOf(sums.map((sum, part) => sum / (counts[part] as number)).filter((mean) => !Number.isNaN(mean)))
}

/** A block that a start goes through is no level. */
function uncut(levels: Levels, starts: readonly number[]): Levels {
  const { x } = levels
  const half = (((x.at(-1) ?? 0) - (x[0] ?? 0)) / (x.length - 1)) * 0.5
  return chosen(levels, (i) => starts.every((start) => Math.abs((x[i] as number) - start) > half))
}

/** So many spreads away from the levels around it. */
const STANDS_OUT = 5
/** Were more than this share of them to go, they are no strangers. */
const MOST_SPIKES = 0.15

/** Without a few blocks that stand out and come back (Hampel 1974). At the ends nothing has had a chance to come back. */
function unspiked(levels: Levels): Levels {
  const { x, y } = levels
  const n = x.length
  const around = n >= 60 ? 4 : n >= 24 ? 2 : 0
  if (around === 0) return levels
  const least = Math.max(spreadOf(differencesOf(y)), Number.MIN_VALUE)
  const isLevel = (i: number) => {
    if (i < around || i >= n - around) return true
    const window = y.subarray(i - around, i + around + 1)
    return Math.abs((y[i] as number) - medianOf(window)) <= STANDS_OUT * Math.max(least, spreadOf(window))
  }
  const areLevels = Array.from(y, (_, i) => isLevel(i))
  const spikes = areLevels.filter((isOne) => !isOne).length
  return spikes > MOST_SPIKES * n ? levels : chosen(levels, (i) => areLevels[i] === true)
}

/** A minimum that is not clearly better is none: of two ways that do equally well the first is taken. */
const BETTER = 1 - 1e-9

/**
 * The levels that move least by themselves.
 * @param series x from 0 to 1
 * @param rounding the least step between two readings; a low reading of rounded ones has nothing that evens it out
 */
export function levelsOf(series: XY, rounding: number, starts: readonly number[], isSawtooth: boolean): Levels {
  let best: Levels | null = null
  let least = Infinity
  for (const { blocks, level, prefer, isMean } of waysOf(series, rounding, isSawtooth)) {
    const levels = uncut(unspiked(levelsBy(series, blocks, level)), starts)
    if (best && levels.x.length < 3) continue
    const noise = Math.hypot(slowNoiseOf(levels), isMean ? 0 : rounding) / prefer
    if (best && noise >= least * BETTER) continue
    best = levels
    least = noise
  }
  return best as Levels
}
