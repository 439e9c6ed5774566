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
]
/** Growth whose centre lies this much of the run before the middle of the window is settling. */
const EARLY_CENTRE = 0.11
/** …unless the second half keeps this much of the rate of the second quarter; a logarithm keeps 0.5. */
const KEPT_RATE = 0.6
/** Where in its window, 0 to 1, growth at a constant rate has its centre. */
const CENTRE = 0.5

const sumOf = (events: readonly FloorEvent[]) => events.reduce((sum, { size }) => sum + size, 0)

type Window = { events: FloorEvent[]; cycles: number; from: number }

/** The part of the run after the share `from` of its cycles, from a checkpoint on: no rise is counted in part. */
function windowOf({ cycles, events, seenTo }: Floor, first: number, last: number, from: number): Window {
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
  const floor = readFloor(points)
  const first = points[0]?.cycle ?? 0
  const last = points.at(-1)?.cycle ?? 0
  const whole = windowOf(floor, first, last, WARM_UP)
  const say = (verdict: Verdict, reasonCode: ReasonCode, facts: VerdictFacts, numbers: Partial<CountVerdict> = {}) => ({
    verdict,
    reasonCode,
    growthPerCycle: null,
    low: null,
    high: null,
    detectable: null,
    facts,
    ...numbers,
  })
  if (points.length < 3 || whole.cycles <= 0) return say('inconclusive', 'too-short', {})

  const passed = overCap(points, floor, rules)
  const alphaClean = FALSE_CLEAN / rules.gating
  const settling = whole.events.length > 0 && centreOf(whole, last) < CENTRE - EARLY_CENTRE / (1 - WARM_UP)
  const judged = settling ? windowOf(floor, first, last, 0.3) : whole
  const { growth, low, high } = growthOf(judged, INTERVAL, INTERVAL)
  const allowed = Math.max(rules.budget, rules.resolution)
  const numbers = {
    growthPerCycle: growth,
    low,
    high,
    detectable: highEvents(0, alphaClean * (WINDOWS[0]?.share ?? 1)) / whole.cycles,
  }
  const lastEvent = judged.events.at(-1)
  const facts: VerdictFacts = {
    steps: judged.events.length,
    stepSum: sumOf(judged.events),
    ...(lastEvent ? { stepCycle: lastEvent.cycle } : {}),
  }
  if (passed) return say('leaking', passed.code, { ...facts, ...passed.facts }, numbers)

  const drained = points.at(-1)?.drain ?? false
  // After a drain the floor is what truly stayed, however the signal strayed before.
  if (floor.holds > points.length / 3 && !(drained && floor.events.length === 0))
    return say('inconclusive', 'noisy', facts, numbers)

  if (leaks(judged, { ...rules, last, floor, first, settling })) return say('leaking', 'grows', facts, numbers)

  for (const { from, share } of WINDOWS) {
    const window = windowOf(floor, first, last, from)
    if (window.cycles <= 0) continue
    const { high: limit } = growthOf(window, FALSE_ALARM, alphaClean * share)
    if (limit < allowed) return say('clean', rules.budget > rules.resolution ? 'within-budget' : 'flat', facts, numbers)
  }
  const mean = judged.events.length > 0 ? sumOf(judged.events) / judged.events.length : 1
  const needed =
    (highEvents(judged.events.length, alphaClean * (WINDOWS[0]?.share ?? 1)) * mean) / allowed / (1 - WARM_UP)
  const moreCycles = Math.max(1, Math.ceil(needed - (last - first)))
  const why = judged.events.length === 0 ? 'too-short' : settling ? 'settling' : 'isolated-steps'
  return say('inconclusive', why, { ...facts, moreCycles }, numbers)
}

function leaks(
  judged: Window,
  {
    budget,
    gating,
    early,
    settling,
    floor,
    first,
    last,
  }: CountRules & { settling: boolean; floor: Floor; first: number; last: number },
): boolean {
  const alpha = (FALSE_ALARM / gating) * (early ? EARLY_SHARE : 1)
  const least = early ? EARLY_EVENTS : LEAST_EVENTS
  const { low } = growthOf(judged, alpha, alpha)
  const middle = (judged.from + last) / 2
  const inBothHalves =
    judged.events.some(({ cycle }) => cycle <= middle) && judged.events.some(({ cycle }) => cycle > middle)
  if (judged.events.length < least || !inBothHalves || low <= budget) return false
  return !settling || (!early && keepsItsRate(floor, first, last))
}

/** Whether (50, 100 %] of the run keeps enough of the rate of (25, 50 %]. */
function keepsItsRate(floor: Floor, first: number, last: number): boolean {
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
