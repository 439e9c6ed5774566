/** Where a series falls sharply: many such falls are a sawtooth; a few, deep ones are restarts, or a cache that was dropped. Pure. */
import type { XY } from '../trend.ts'
import { differencesOf, spreadOf } from './spread.ts'

export type Falls = {
  /** The readings that fell, by their places. */
  at: readonly number[]
  /** Those that fell nearly to the least there is, as x. */
  deep: readonly number[]
}

/** In spreads of what changes from level to level. */
const SHARP = 3
const BIG = 6
const DEEP = 10
/** In shares of the range. */
const BIG_SHARE = 0.15
const DEEP_SHARE = 0.3
const NEAR_LEAST = 0.2
/** So many levels from one fall to the next, at least. */
const APART = 3

const firstAt = (x: Float64Array, from: number): number => {
  const i = x.findIndex((at) => at >= from)
  return i < 0 ? x.length : i
}

/** The reading with the largest drop between two levels. */
function dropWithin({ x, y }: XY, from: number, to: number): number | null {
  let at: number | null = null
  let most = 0
  for (let i = Math.max(1, firstAt(x, from)); i <= Math.min(firstAt(x, to), x.length - 1); i++) {
    const drop = (y[i - 1] as number) - (y[i] as number)
    if (drop > most) {
      most = drop
      at = i
    }
  }
  return at
}

/** @param levels medians of blocks of the readings, which single readings do not move */
export function fallsOf(levels: XY, readings: XY): Falls {
  const { x, y } = levels
  const value = (i: number) => y[i] as number
  const least = y.reduce((a, b) => Math.min(a, b), Infinity)
  const range = y.reduce((a, b) => Math.max(a, b), -Infinity) - least
  const noise = Math.max(spreadOf(differencesOf(y)), 1e-9 * range)
  const at: number[] = []
  const deep: number[] = []
  let last = -APART
  for (let i = 2; i < x.length - 2; i++) {
    const before = (value(i - 1) + value(i - 2)) / 2
    const after = Math.min(value(i), value(i + 1))
    const fell = before - after
    const isSharp = value(i) < value(i - 1) - SHARP * noise
    if (!isSharp || fell <= BIG * noise || fell <= BIG_SHARE * range || i - last < APART) continue
    last = i
    const apart = (x[1] as number) - (x[0] as number)
    const place = dropWithin(readings, (x[i - 1] as number) - apart, x[i + 1] as number)
    if (place === null) continue
    at.push(place)
    if (fell > DEEP * noise && fell > DEEP_SHARE * range && after < least + NEAR_LEAST * range)
      deep.push(readings.x[place] as number)
  }
  return { at, deep }
}
