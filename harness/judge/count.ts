/** The verdict on a count: threads, descriptors, timers, leases. Pure; docs/verdicts.md explains the rules. */
import { type Floor, type FloorEvent, type Point, readFloor } from './floor.ts'
import { highEvents, lowEvents } from './limits.ts'
import { EARLY_SHARE, INTERVAL, passedCap, type Rules, type SeriesVerdict, unknown, WINDOWS } from './rules.ts'
import { isConstant, settles } from './settling.ts'

/** So many events are overwhelming evidence. */
const EARLY_EVENTS = 12
/** A single step is a step, four are growth. */
export const LEAST_EVENTS = 4
/** Advice is given so much too long: the last checkpoints show no rise, and the warm-up counts for nothing. */
const MARGIN = 1.1
const WARM_UP = WINDOWS[0].from
const sumOf = (events: readonly FloorEvent[]) => events.reduce((sum, { size }) => sum + size, 0)

type Window = { events: FloorEvent[]; cycles: number; from: number }
/** Rises as early as they may have come, which tell a leak, or as late, which tell that there is none. */
type Dated = 'events' | 'latest'

/** A series, in the stretches that resets cut it into, from its first cycle to its last. */
type Span = { stretches: readonly Floor[]; first: number; last: number }

/** The part of the run after the share `from` of its cycles, from a checkpoint on: no rise is counted in part. */
function windowOf({ stretches, first, last }: Span, from: number, dated: Dated = 'events'): Window {
  const wanted = first + from * (last - first)
  const begin = stretches.flatMap(({ cycles }) => cycles.find((cycle) => cycle >= wanted) ?? [])[0] ?? last
  const seen = ({ cycles, seenTo }: Floor) => Math.max(0, seenTo - Math.max(begin, cycles[0] ?? 0))
  return {
    events: stretches.flatMap((stretch) => stretch[dated].filter(({ cycle }) => cycle > begin)),
    cycles: stretches.reduce((sum, stretch) => sum + seen(stretch), 0),
    from: begin,
  }
}

/** From where to where events could be seen. */
const runOf = ({ stretches, first, last }: Span) => ({
  first,
  last,
  seenTo: Math.min(last, stretches.at(-1)?.seenTo ?? last),
})

/** The mean size of events. */
const meanOf = ({ events }: Pick<Window, 'events'>): number => (events.length > 0 ? sumOf(events) / events.length : 1)

/** Growth per cycle and its limits; a rate of events times their mean size. */
function growthOf({ events, cycles }: Window, alphaLow: number, alphaHigh: number) {
  const count = events.length
  const sum = sumOf(events)
  // One large step must not carry the lower limit.
  const without = count > 1 ? (sum - Math.max(...events.map(({ size }) => size))) / (count - 1) : 0
  return {
    growth: sum / cycles,
    low: (lowEvents(count, alphaLow) / cycles) * without,
    high: (highEvents(count, alphaHigh) / cycles) * meanOf({ events }),
  }
}

/** What else is known of a series. */
export type Known = {
  /** Cycles at which a server forgot what it held: what stood before them is judged apart, exposure adds. */
  resets?: readonly number[]
  /** What there was before the first cycle. */
  before?: number | undefined
  /** Its first point is from before the first cycle: none of it is a warm-up. */
  fromStart?: boolean
  /** Its stretches are lives of their own: what settles in one begins anew in the next, and their order says nothing. */
  anew?: boolean
}

/** Judges one series of counts. */
export function judgeCount(
  points: readonly Point[],
  rules: Rules,
  { resets = [], before, fromStart = false, anew = false }: Known = {},
): SeriesVerdict {
  if (points.length < 3) return { ...unknown, verdict: 'inconclusive', reasonCode: 'too-short', facts: {} }
  const stretches = cutAt(points, resets).map((stretch, i) => readFloor(stretch, i === 0 ? before : undefined))
  const span = { stretches, first: points[0]?.cycle ?? 0, last: points.at(-1)?.cycle ?? 0 }

  const passed = overCap(points, stretches, rules)
  if (!passed && stretches.some(({ holds }) => holds > points.length / 3))
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'noisy', facts: {} }
  const warmUp = fromStart ? 0 : WARM_UP
  const whole = windowOf(span, warmUp)
  if (whole.cycles <= 0) {
    if (passed) return { ...unknown, verdict: 'leaking', ...passed, confirmed: true }
    return { ...unknown, verdict: 'inconclusive', reasonCode: 'too-short', facts: {} }
  }

  const settling = !anew && settles(whole, runOf(span))
  const judged = settling ? windowOf(span, 0.3) : whole
  const { growth, low, high } = growthOf(judged, INTERVAL, INTERVAL)
  const wholeAlpha = rules.falseClean * WINDOWS[0].share
  const numbers = { growthPerCycle: growth, low, high, detectable: highEvents(0, wholeAlpha) / whole.cycles }
  const { events: told } = settling ? whole : judged
  const lastEvent = told.at(-1)
  const hidden = stretches.reduce((sum, stretch) => sum + stretch.hidden, 0)
  const facts = {
    steps: told.length,
    stepSum: sumOf(told),
    ...(hidden > 0 ? { hidden } : {}),
    ...(lastEvent ? { stepCycle: lastEvent.cycle } : {}),
  }
  if (passed)
    return { ...numbers, verdict: 'leaking', ...passed, facts: { ...facts, ...passed.facts }, confirmed: true }
  // Steps that a total allows may come when they like; what goes on growing is a leak however far its cap is.
  if (leaks(judged, settling, span, rules)) {
    const confirmed = leaks(judged, settling, span, { ...rules, early: true })
    return { ...numbers, verdict: 'leaking', reasonCode: 'grows', facts, confirmed }
  }

  const allowed = Math.max(rules.budget, rules.resolution)
  // Steps that a total allows, a known singleton say, are none: what is beyond them has passed the cap.
  const isAllowed = rules.total !== null
  const unallowed = (window: Window): Window => (isAllowed ? { ...window, events: [] } : window)
  const windows = WINDOWS.map(({ from: left, share }, i) => {
    const from = i === 0 ? warmUp : left
    const window = unallowed(windowOf(span, from, 'latest'))
    const spent = rules.falseClean * share
    const bound = window.cycles > 0 ? growthOf(window, rules.falseAlarm, spent).high : Infinity
    // As many cycles, with as many rises as now, would be enough.
    return { window, bound, needed: (highEvents(window.events.length, spent) * meanOf(window)) / allowed / (1 - from) }
  })
  const { mostRises = Infinity } = rules
  const clean = windows.find(({ bound, window }) => bound < allowed && window.events.length <= mostRises)
  if (clean) {
    const reached = isAllowed ? sumOf(windowOf(span, 0).events) : 0
    // What is shown is what decided.
    const { growth, low, high } = growthOf(clean.window, INTERVAL, INTERVAL)
    const decided = { growthPerCycle: growth, low, high: Math.min(high, clean.bound), detectable: clean.bound }
    const known = { ...decided, verdict: 'clean', confirmed: null } as const
    if (rules.total !== null && reached > 0)
      return { ...known, reasonCode: 'within-total', facts: { ...facts, cap: rules.total, reached } }
    return { ...known, reasonCode: rules.budget > rules.resolution ? 'within-budget' : 'flat', facts }
  }
  const { events, from } = unallowed(judged)
  // A leak that set in late: as long again, and it is in both halves.
  const late = events.length >= EARLY_EVENTS && events.every(({ cycle }) => cycle > (from + span.last) / 2)
  const needed = Math.min(...windows.map((window) => window.needed))
  const length = span.last - span.first
  const more = late ? length : Math.max(MARGIN * needed - length, (MARGIN - 1) * length)
  const ruledOut = Math.min(...windows.map(({ bound }) => bound))
  return {
    ...numbers,
    verdict: 'inconclusive',
    reasonCode: whyUndecided(events, { hidden, settling, late }),
    confirmed: null,
    facts: {
      ...facts,
      ...(late ? { stepCycle: events[0]?.cycle ?? 0 } : {}),
      moreCycles: Math.ceil(more),
      ...(Number.isFinite(ruledOut) ? { ruledOut } : {}),
    },
  }
}

function whyUndecided(
  events: readonly FloorEvent[],
  { hidden, settling, late }: { hidden: number; settling: boolean; late: boolean },
) {
  if (hidden > 0) return 'grew-unseen' as const
  if (events.length === 0) return 'too-short' as const
  if (settling) return 'settling' as const
  return late ? ('late-growth' as const) : ('isolated-steps' as const)
}

function leaks(judged: Window, settling: boolean, span: Span, { budget, falseAlarm, early }: Rules): boolean {
  const alpha = falseAlarm * (early ? EARLY_SHARE : 1)
  const least = early ? EARLY_EVENTS : LEAST_EVENTS
  const { low } = growthOf(judged, alpha, alpha)
  const middle = (judged.from + span.last) / 2
  const late = judged.events.filter(({ cycle }) => cycle > middle).length
  const inBothHalves = late > 0 && late < judged.events.length
  if (judged.events.length < least || !inBothHalves || low <= budget) return false
  const goesOn = () => isConstant(judged, runOf(span))
  return early ? !settling && goesOn() : !settling || goesOn()
}

/** Plain caps beside the growth, for single big steps. */
const overCap = (points: readonly Point[], stretches: readonly Floor[], rules: Rules) =>
  passedCap(Math.max(...stretches.map(({ floor }) => (floor.at(-1) ?? 0) - (floor[0] ?? 0))), points, rules)

/** The stretches between resets; one too short to hold a rise and its test of time says nothing. */
function cutAt(points: readonly Point[], resets: readonly number[]): Point[][] {
  const stretches: Point[][] = [[]]
  let next = 0
  for (const point of points) {
    if (next < resets.length && point.cycle >= (resets[next] as number)) {
      stretches.push([])
      while (next < resets.length && point.cycle >= (resets[next] as number)) next++
    }
    stretches.at(-1)?.push(point)
  }
  const long = stretches.filter(({ length }) => length >= 3)
  return long.length > 0 ? long : [[...points]]
}
