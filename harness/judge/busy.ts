/**
 * What only silence releases. A drain brings back what an idle sweep or a pool's idle timeout lets go of, and a service that is never silent
 * keeps it for ever:
 *
 *     kept  ╱│╱│  ╱│     each stretch grows as long as cycles run; only the drains after them release
 *          ╱ │ │╱  │
 *
 * A time to live levels off while cycles run, once it has passed. So one stretch without a drain has to be long enough to see that.
 * Pure.
 */
import type { CheckpointLine, Recording } from '../model.ts'
import { judgeCount, LEAST_EVENTS } from './count.ts'
import type { Rules, SeriesVerdict } from './rules.ts'

/** So long a stretch has to be at least, and so many times as long as the release took. */
const LEAST_STRETCH_MS = 30_000
const RELEASES = 3
/** What goes on in the last part of a stretch at less than this share of its rate levels off. */
const LAST_PART = 0.7
const KEEPS_ON = 0.5

type Read = { ms: number; cycle: number; value: number; collected: boolean }
/** Cycles from one drain to the next, what the drain after it left, and how long that took to come; null where the run is not over. */
type Stretch = { points: Read[]; drained: { value: number; tookMs: number } | null }

function stretchesOf(checkpoints: readonly CheckpointLine[], name: string): Stretch[] {
  const stretches: Stretch[] = []
  let last: Stretch | null = null
  for (const { ms, cycles: cycle, phase, readings, collected } of checkpoints) {
    const value = readings[name]
    if (value == null) continue
    if (phase === 'drain') {
      if (last) last.drained = { value, tookMs: ms - (last.points.at(-1)?.ms ?? ms) }
      last = null
      continue
    }
    if (last === null) {
      last = { points: [], drained: null }
      stretches.push(last)
    }
    last.points.push({ ms, cycle, value, collected })
  }
  return stretches
}

/** Of what only a collection lets go of, readings without one say nothing: with memory measured there is one at each. */
const collectedOf = (stretch: Stretch): Stretch => ({
  ...stretch,
  points: stretch.points.filter(({ collected }) => collected),
})
const lengthOf = ({ points }: Stretch) => (points.at(-1)?.ms ?? 0) - (points[0]?.ms ?? 0)

/** What the drain after a stretch did of what it had risen by: brought back half of it at least, or less; null where it is not over, or hardly rose. */
function drainOf({ points, drained }: Stretch): 'released' | 'stayed' | null {
  const end = points.at(-1)?.value ?? 0
  const rise = end - Math.min(...points.map(({ value }) => value))
  if (drained === null || rise < LEAST_EVENTS) return null
  return end - drained.value >= rise / 2 ? 'released' : 'stayed'
}

/** Whether it grew, by the rules for counts, to its end, and as fast as *clean* has to rule out. */
function grows({ points }: Stretch, rules: Rules): SeriesVerdict | null {
  const judged = judgeCount(
    points.map(({ cycle, value }) => ({ cycle, value, drain: false })),
    rules,
  )
  if (judged.verdict !== 'leaking' || (judged.growthPerCycle ?? 0) < rules.resolution) return null
  const [first, last] = [points[0] as Read, points.at(-1) as Read]
  const from = points.find(({ ms }) => ms >= first.ms + LAST_PART * (last.ms - first.ms)) as Read
  const rate = (last.value - first.value) / (last.ms - first.ms)
  const late = (last.value - from.value) / (last.ms - from.ms)
  return late >= KEEPS_ON * rate ? judged : null
}

/** Fewer are stragglers, of which every run has some. */
const LEAST_TOLD = 10

/** How much higher a count stood while cycles ran than at the rest that followed, and within how many ms of silence that was gone; null where it is little. */
export function stoodAbove(
  { checkpoints }: Pick<Recording, 'checkpoints'>,
  name: string,
): { stood: number; releasedMs: number } | null {
  const told = stretchesOf(checkpoints, name).flatMap(({ points, drained }) =>
    drained ? [{ stood: (points.at(-1)?.value ?? 0) - drained.value, releasedMs: drained.tookMs }] : [],
  )
  const [most] = told.toSorted((a, b) => b.stood - a.stood)
  return most && most.stood >= LEAST_TOLD ? most : null
}

/**
 * The verdict on a count that grows as long as cycles run, and that drains bring back; null where there is none such, or where it levelled off
 * in a stretch that was long enough.
 */
export function heldWhileBusy(
  { checkpoints }: Pick<Recording, 'checkpoints'>,
  name: string,
  asked: Rules,
): SeriesVerdict | null {
  // An early look that found nothing here would end a run as clean that is not.
  const rules = { ...asked, early: false }
  const stretches = stretchesOf(checkpoints, name)
  const last = stretches.at(-1)
  // What the last drain did not bring back is a leak like any other.
  if (!last || drainOf(last) === 'stayed') return null
  const released = stretches.flatMap((stretch) => {
    const judged = drainOf(stretch) === 'released' ? grows(stretch, rules) : null
    return judged && stretch.drained ? [{ judged, tookMs: stretch.drained.tookMs }] : []
  })
  const [first] = released
  if (!first) return null
  const releasedMs = Math.max(...released.map(({ tookMs }) => tookMs))
  const wantedMs = Math.max(LEAST_STRETCH_MS, RELEASES * releasedMs)
  const facts = { releasedMs, wantedMs }
  const long = stretches.map(collectedOf).findLast((stretch) => lengthOf(stretch) >= wantedMs)
  if (!long) return { ...first.judged, verdict: 'inconclusive', reasonCode: 'held-while-busy', confirmed: null, facts }
  const judged = grows(long, rules)
  return judged && { ...judged, reasonCode: 'grows-under-load', facts: { ...judged.facts, ...facts } }
}
