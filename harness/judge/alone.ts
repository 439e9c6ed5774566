/** Judges one series by itself: any numbers, from anywhere. Nothing drained it, and nothing has confirmed it. Pure. */
import { median } from 'simple-statistics'
import type { Unit } from '../model.ts'
import type { Point } from './floor.ts'
import { errorShared, type SeriesVerdict, unknown } from './rules.ts'
import { judgeSeries } from './verdict.ts'

/** What says of itself that it is memory… */
const memoryName = /heap|rss|pss|mem|bytes|external|resident/i
/** …and what is too large, or not whole, is no count of anything a process holds. */
const MOST_COUNTED = 1e6

export function unitOf(name: string, values: readonly (number | null)[]): Unit {
  if (memoryName.test(name)) return 'bytes'
  return values.every((value) => value === null || (Number.isInteger(value) && Math.abs(value) < MOST_COUNTED))
    ? 'count'
    : 'bytes'
}

/** Whether its numbers are bytes, by its name or by their size; else they are of a kind that nobody told. */
export const looksLikeBytes = (name: string, values: readonly (number | null)[]): boolean =>
  bytesPerUnit(name) === 1 &&
  (memoryName.test(name) || values.some((value) => value !== null && Math.abs(value) >= MOST_COUNTED))

/** A column that says of itself that it is not in bytes. */
const unitName = /(?:^|[^a-z])([kmg])i?b(?:ytes)?(?:$|[^a-z])|[a-z]([KMG])i?B$/
const sizes: Record<string, number> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes that one of a column's units is: `heap_mb` → 1,048,576; 1 where it says nothing. */
export function bytesPerUnit(name: string): number {
  const match = unitName.exec(/[a-z][KMG]i?B$/.test(name) ? name : name.toLowerCase())
  return sizes[(match?.[1] ?? match?.[2] ?? '').toLowerCase()] ?? 1
}

/** Longer series are thinned to so many readings: more say nothing more, and take longer. */
const MOST_READINGS = 2000

/** Blocks of readings, each by its least for a count, which keeps the floor, by its median for memory. */
function thinned(points: readonly Point[], unit: Unit): readonly Point[] {
  const size = Math.ceil(points.length / MOST_READINGS)
  if (size < 2) return points
  return Array.from({ length: Math.floor(points.length / size) }, (_, i) => {
    const block = points.slice(i * size, (i + 1) * size)
    const values = block.map(({ value }) => value)
    return { ...(block.at(-1) as Point), value: unit === 'count' ? Math.min(...values) : median(values) }
  })
}

/** @param x cycles or seconds, ascending */
export function judgeAlone(
  x: readonly number[],
  values: readonly (number | null)[],
  { unit, budget, resolution }: { unit: Unit; budget: number; resolution: number },
): SeriesVerdict {
  const missing = values.filter((value) => value === null).length
  if (missing > 0) {
    const unread = missing === values.length ? 'every cell is empty' : `${missing} of ${values.length} cells are empty`
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'stopped-being-read', facts: { unread } }
  }
  const points = values.map((value, i) => ({ cycle: x[i] as number, value: value as number, drain: false }))
  const rules = { ...errorShared(1), budget, resolution, early: false, total: null, peak: null }
  return judgeSeries(thinned(points, unit), unit, rules)
}
