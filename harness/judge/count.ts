/** The verdict on a count: threads, descriptors, timers, leases. Pure; docs/verdicts.md explains the rules. */
import type { ReasonCode, Verdict, VerdictFacts } from '../model.ts'
import { type Floor, type FloorEvent, type Point, readFloor } from './floor.ts'
import { highEvents, lowEvents } from './limits.ts'

export type CountRules = {
  /** Growth per cycle that is allowed. */
  budget: number
  /** The rate that *clean* must rule out. */
  resolution: number
  /** How many resources gate the run: they share its error. */
  gating: number
  /** An early look, before the planned length is reached, asks for overwhelming evidence of a leak. */
  early: boolean
  total: number | null
  peak: number | null
}

export type CountVerdict = {
  verdict: Verdict
  reasonCode: ReasonCode
  growthPerCycle: number | null
  low: number | null
  high: number | null
  detectable: number | null
  facts: VerdictFacts
}

/** Chance that a clean run is called leaking, and that a leaking one is called clean. */
const FALSE_ALARM = 0.001
const FALSE_CLEAN = 0.05
const INTERVAL = 0.025 // each side of the 95 % interval
/** An early look spends a twentieth of the error and wants this many events. */
const EARLY_SHARE = 1 / 20
const EARLY_EVENTS = 12
const LEAST_EVENTS = 4
/** Windows, as the share of the run's cycles they leave out, and how *clean* divides its error among them. */
const WARM_UP = 0.1
const WINDOWS = [
  { from: WARM_UP, share: 0.7 },
  { from: 0.3, share: 0.15 },
  { from: 0.5, share: 0.15 },
] as const
/** Growth whose centre lies this much of the run before the middle of the window is settling. */
const EARLY_CENTRE = 0.11
/** …unless the second half keeps this much of the rate of the second quarter; a logarithm keeps 0.5. */
const KEPT_RATE = 0.6
/** Where in its window, 0 to 1, growth at a constant rate has its centre. */
const CENTRE = 0.5

const sumOf = (events: readonly FloorEvent[]) => events.reduce((sum, { size }) => sum + size, 0)

type Window = { events: FloorEvent[]; cycles: number; from: number }

/** A series from its first cycle to its last. */
type Span = { floor: Floor; first: number; last: number }

/** The part of the run after the share `from` of its cycles, from a checkpoint on: no rise is counted in part. */
function windowOf({ floor: { cycles, events, seenTo }, first, last }: Span, from: number): Window {
  const begin = cycles.find((cycle) => cycle >= first + from * (last - first)) ?? last
  return { events: events.filter(({ cycle }) => cycle > begin), cycles: Math.max(0, seenTo - begin), from: begin }
}

/** Growth per cycle and its limits; a rate of events times their mean size. */
function growthOf({ events, cycles }: Window, alphaLow: number, alphaHigh: number) {
  const count = events.length
  const sum = sumOf(events)
  const mean = count > 0 ? sum / count : 1
  // One large step must not carry the lower limit.
  const without = count > 1 ? (sum - Math.max(...events.map(({ size }) => size))) / (count - 1) : 0
  return {
    growth: sum / cycles,
    low: (lowEvents(count, alphaLow) / cycles) * without,
    high: (highEvents(count, alphaHigh) / cycles) * mean,
  }
}

function centreOf({ events, from }: Window, last: number): number {
  const weight = sumOf(events)
  return events.reduce((sum, { cycle, size }) => sum + ((cycle - from) / (last - from)) * size, 0) / weight
}

/** Judges one series of counts. */
export function judgeCount(points: readonly Point[], rules: CountRules): CountVerdict {
  const none = { growthPerCycle: null, low: null, high: null, detectable: null }
  if (points.length < 3) return { verdict: 'inconclusive', reasonCode: 'too-short', ...none, facts: {} }
  const floor = readFloor(points)
  const span = { floor, first: points[0]?.cycle ?? 0, last: points.at(-1)?.cycle ?? 0 }

  const passed = overCap(points, floor, rules)
  if (!passed && floor.holds > points.length / 3)
    return { verdict: 'inconclusive', reasonCode: 'noisy', ...none, facts: {} }
  const whole = windowOf(span, WARM_UP)
  if (whole.cycles <= 0) {
    if (passed) return { verdict: 'leaking', reasonCode: passed.code, ...none, facts: passed.facts }
    return { verdict: 'inconclusive', reasonCode: 'too-short', ...none, facts: {} }
  }

  const settling = whole.events.length > 0 && centreOf(whole, span.last) < CENTRE - EARLY_CENTRE / (1 - WARM_UP)
  const judged = settling ? windowOf(span, 0.3) : whole
  const { growth, low, high } = growthOf(judged, INTERVAL, INTERVAL)
  const alphaClean = FALSE_CLEAN / rules.gating
  const wholeAlpha = alphaClean * WINDOWS[0].share
  const numbers = { growthPerCycle: growth, low, high, detectable: highEvents(0, wholeAlpha) / whole.cycles }
  const lastEvent = judged.events.at(-1)
  const facts: VerdictFacts = {
    steps: judged.events.length,
    stepSum: sumOf(judged.events),
    ...(lastEvent ? { stepCycle: lastEvent.cycle } : {}),
  }
  if (passed) return { verdict: 'leaking', reasonCode: passed.code, ...numbers, facts: { ...facts, ...passed.facts } }
  if (leaks(judged, settling, span, rules)) return { verdict: 'leaking', reasonCode: 'grows', ...numbers, facts }

  const allowed = Math.max(rules.budget, rules.resolution)
  const isClean = WINDOWS.some(({ from, share }) => {
    const window = windowOf(span, from)
    return window.cycles > 0 && growthOf(window, FALSE_ALARM, alphaClean * share).high < allowed
  })
  if (isClean) {
    const reasonCode = rules.budget > rules.resolution ? 'within-budget' : 'flat'
    return { verdict: 'clean', reasonCode, ...numbers, facts }
  }
  const mean = judged.events.length > 0 ? sumOf(judged.events) / judged.events.length : 1
  const needed = (highEvents(judged.events.length, wholeAlpha) * mean) / allowed / (1 - WARM_UP)
  return {
    verdict: 'inconclusive',
    reasonCode: judged.events.length === 0 ? 'too-short' : settling ? 'settling' : 'isolated-steps',
    ...numbers,
    facts: { ...facts, moreCycles: Math.max(1, Math.ceil(needed - (span.last - span.first))) },
  }
}

function leaks(judged: Window, settling: boolean, span: Span, { budget, gating, early }: CountRules): boolean {
  const alpha = (FALSE_ALARM / gating) * (early ? EARLY_SHARE : 1)
  const least = early ? EARLY_EVENTS : LEAST_EVENTS
  const { low } = growthOf(judged, alpha, alpha)
  const middle = (judged.from + span.last) / 2
  const late = judged.events.filter(({ cycle }) => cycle > middle).length
  const inBothHalves = late > 0 && late < judged.events.length
  if (judged.events.length < least || !inBothHalves || low <= budget) return false
  return !settling || (!early && keepsItsRate(span))
}

/** Whether (50, 100 %] of the run keeps enough of the rate of (25, 50 %]. */
function keepsItsRate({ floor, first, last }: Span): boolean {
  const at = (share: number) => first + share * (last - first)
  const between = (from: number, to: number) => sumOf(floor.events.filter(({ cycle }) => cycle > from && cycle <= to))
  const before = between(at(0.25), at(0.5)) / (at(0.5) - at(0.25))
  const after = between(at(0.5), last) / Math.max(1, Math.min(last, floor.seenTo) - at(0.5))
  return after >= KEPT_RATE * before
}

/** Plain caps beside the growth, for single big steps. */
function overCap(points: readonly Point[], { floor }: Floor, { total, peak }: CountRules) {
  const grown = (floor.at(-1) ?? 0) - (floor[0] ?? 0)
  if (total !== null && grown > total) return { code: 'over-total' as const, facts: { cap: total, reached: grown } }
  const highest = Math.max(...points.map(({ value }) => value))
  if (peak !== null && highest > peak) return { code: 'over-peak' as const, facts: { cap: peak, reached: highest } }
  return null
}
