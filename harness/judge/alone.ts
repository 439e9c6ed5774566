/** Judges one series by itself: any numbers, from anywhere. Nothing drained it, and nothing has confirmed it. Pure. */
import type { Unit } from '../model.ts'
import type { Point } from './floor.ts'
import { judgeLong, LEAST_LONG } from './raw/verdict.ts'
import { errorShared, type SeriesVerdict, unknown } from './rules.ts'
import { judgeSeries } from './verdict.ts'

/** What says of itself that it is memory… */
const memoryName = /heap|rss|pss|mem|bytes|external|resident/i
/** …and what is too large, or not whole, is no count of anything a process holds. */
const MOST_COUNTED = 1e6

/** Without labels, and without the process that it is of. */
const bareName = (name: string): string => name.replace(/\{.*$/, '').replace(/ of .*$/, '')

export function unitOf(name: string, values: readonly (number | null)[]): Unit {
  if (memoryName.test(bareName(name))) return 'bytes'
  return values.every((value) => value === null || (Number.isInteger(value) && Math.abs(value) < MOST_COUNTED))
    ? 'count'
    : 'bytes'
}

/** Whether its numbers are bytes, by its name or by their size; else they are of a kind that nobody told. */
export const looksLikeBytes = (name: string, values: readonly (number | null)[]): boolean =>
  bytesPerUnit(name) === 1 &&
  (memoryName.test(bareName(name)) || values.some((value) => value !== null && Math.abs(value) >= MOST_COUNTED))

/** A column that says of itself that it is not in bytes. */
const unitName = /(?:^|[^a-z])([kmg])i?b(?:ytes)?(?:$|[^a-z])|[a-z]([KMG])i?B$/
const sizes: Record<string, number> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes that one of a column's units is: `heap_mb` → 1,048,576; 1 where it says nothing. */
export function bytesPerUnit(whole: string): number {
  const name = bareName(whole)
  const match = unitName.exec(/[a-z][KMG]i?B$/.test(name) ? name : name.toLowerCase())
  return sizes[(match?.[1] ?? match?.[2] ?? '').toLowerCase()] ?? 1
}

/** Longer series are thinned to so many readings: more say nothing more, and take longer. */
const MOST_READINGS = 2000

/** Blocks of readings of a count, each by its least, which keeps the floor. */
function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_READINGS)
  if (size < 2) return points
  return Array.from({ length: Math.floor(points.length / size) }, (_, i) => {
    const block = points.slice(i * size, (i + 1) * size)
    const values = block.map(({ value }) => value)
    return { ...(block.at(-1) as Point), value: Math.min(...values) }
  })
}

/** Of a long series so much may be missing, but nothing of its last twentieth. */
const MOST_MISSING = 0.4
const END_SHARE = 0.05

/** Why a series is none; null where it is one. */
function whyUnread(values: readonly (number | null)[], isLong: boolean): string | null {
  const missing = values.filter((value) => value === null).length
  if (missing === values.length) return 'every cell is empty'
  const end = values.slice(Math.floor((1 - END_SHARE) * values.length))
  const isLacking = isLong
    ? missing > MOST_MISSING * values.length || end.every((value) => value === null)
    : missing > 0
  return isLacking ? `${missing} of ${values.length} cells are empty` : null
}

type AloneOptions = {
  unit: Unit
  budget: number
  resolution: number
  along: 'cycle' | 'time'
  /** When it was started again; null: nobody told. */
  starts?: readonly number[] | null
  /** What it had to do, at each x. */
  load?: readonly (number | null)[] | null
}

/** A series of which hardly anything is missing, as that of a long one. */
function judgeAsLong(x: readonly number[], values: readonly (number | null)[], options: AloneOptions): SeriesVerdict {
  const { budget, along, starts = null, load = null } = options
  const places = x.flatMap((_, i) => (values[i] === null || load?.[i] === null ? [] : [i]))
  const column = (of: readonly (number | null)[]) => Float64Array.from(places, (i) => of[i] as number)
  const told = load ? { load: column(load) } : {}
  const msPerUnit = along === 'time' ? 1000 : null
  return judgeLong({ x: column(x), y: column(values) }, budget, { starts, msPerUnit, ...told })
}

/** @param x cycles or seconds, ascending */
export function judgeAlone(
  x: readonly number[],
  values: readonly (number | null)[],
  options: AloneOptions,
): SeriesVerdict {
  const { unit, budget, resolution } = options
  const read = values.flatMap((value, i) => (value === null ? [] : [{ cycle: x[i] as number, value, drain: false }]))
  const isLong = unit === 'bytes' && read.length >= LEAST_LONG
  // Where the load is not known, nothing that follows it is.
  const joined = isLong && options.load ? values.map((value, i) => (options.load?.[i] == null ? null : value)) : values
  const unread = whyUnread(joined, isLong)
  if (unread !== null)
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'stopped-being-read', facts: { unread } }
  if (isLong) return judgeAsLong(x, values, options)
  const rules = { ...errorShared(1), budget, resolution, early: false, total: null, peak: null }
  return judgeSeries(thinned(read), unit, rules)
}
