/**
 * Whether growth settles or goes on. A cache fills like a logarithm, a leak grows at a constant rate:
 *
 *     logarithm  │││ │ │  │   │    │       events come ever later
 *     leak       │  │  │ │   │  │  │       events come at any time
 *
 * Pure.
 */
import type { FloorEvent } from './floor.ts'

/** Events after the cycle `from`. */
type Growth = { events: readonly FloorEvent[]; from: number }
/** The whole run, and up to where an event could have been seen. */
type Run = { first: number; last: number; seenTo: number }

/** Scales of the logarithms that growth is held against, as shares of the run. */
const LOG_SCALES = [0.003, 0.03, 0.06]
/** Growth that a logarithm explains better than a constant rate by this much, in nats, is settling… */
const SETTLING = 1
/** …or by this much an event, where there are few: four or five that come ever later are no leak yet… */
const SETTLING_FEW = 0.08
/** …or by this much an object, where there are many. */
const SETTLING_EACH = 0.04
/** What is left of it in the last 70 % is a leak only if a constant rate explains that better by this much. */
const GOING_ON = 0.6

/**
 * How much better a logarithm explains the moments of the events than a constant rate does, in nats. Of events at
 * random times t in (from, to], one of rate 1/(s + t) has the density 1/(s + t)/ln((s + to)/(s + from)). The weight is
 * how many objects that came singly, by chance, would be as much evidence.
 */
function logarithmBetter({ events, from }: Growth, { first, last, seenTo: to }: Run): { nats: number; weight: number } {
  if (events.length === 0) return { nats: 0, weight: 0 }
  const each = 1 / dispersion(events, from, to)
  const better = (scale: number) => {
    const s = scale * (last - first) - first
    const uniform = Math.log((to - from) / Math.log((s + to) / (s + from)))
    return events.reduce((sum, { cycle, size }) => sum + size * (uniform - Math.log(s + cycle)), 0)
  }
  return {
    nats: each * Math.max(...LOG_SCALES.map(better)),
    weight: each * events.reduce((sum, { size }) => sum + size, 0),
  }
}

const BLOCKS = 12
/** Bursts make it large; clockwork, which is better evidence than chance, small: down to this. */
const LEAST_DISPERSION = 0.5

/** Index of dispersion, variance by mean: 1 where single objects come at random, whatever the trend. */
function dispersion(events: readonly FloorEvent[], from: number, to: number): number {
  const blocks = new Float64Array(BLOCKS)
  for (const { cycle, size } of events) {
    const block = Math.min(BLOCKS - 1, Math.floor(((cycle - from) / (to - from)) * BLOCKS))
    blocks[block] = (blocks[block] as number) + size
  }
  // Neighbours differ by chance and hardly by the trend.
  let sum = 0
  let pairs = 0
  for (let i = 1; i < BLOCKS; i++) {
    const [a, b] = [blocks[i - 1] as number, blocks[i] as number]
    if (a + b === 0) continue
    sum += (a - b) ** 2 / (a + b)
    pairs++
  }
  return Math.max(LEAST_DISPERSION, pairs > 0 ? sum / pairs : 1)
}

/** Whether a logarithm explains the growth better than a constant rate. */
export function settles(growth: Growth, run: Run): boolean {
  const { nats, weight } = logarithmBetter(growth, run)
  const enough = Math.min(SETTLING, SETTLING_FEW * growth.events.length)
  return nats > Math.max(enough, SETTLING_EACH * weight)
}

/** Whether a constant rate explains it better than a logarithm. */
export const isConstant = (growth: Growth, run: Run): boolean => logarithmBetter(growth, run).nats < -GOING_ON
