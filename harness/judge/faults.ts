/**
 * Growth under faults, and without. Clients that close cleanly when all goes well leak when their server is away: so a
 * series of counts is taken apart, into what its floor rose by while faults lasted and shortly after, over the cycles that
 * ran then, and everything else. Each is judged by itself. Pure.
 *
 *     floor            ╭────────        under faults   ╭──
 *              ╭───────╯                           ╭───╯
 *     ─────────╯                               ────╯
 *     ────────┤▒├─────┤▒├─────── cycles            ▒  ▒  cycles under faults
 */
import type { FaultKind, FaultLine, Recording, ResourceResult } from '../model.ts'
import { type Point, readFloor } from './floor.ts'
import { highEvents } from './limits.ts'
import { isOverCap, type Rules, type SeriesVerdict } from './rules.ts'
import { judgeSeries } from './verdict.ts'

/**
 * A leak of one in so many cycles under faults is what *clean* must rule out of them: there are few of them, each as slow
 * as a server that does not answer, and what leaks under a fault hardly does so rarely.
 */
const FAULT_RESOLUTION = 1 / 3

/**
 * A client that lost its server waits before it tries again, and what it does then is of the fault, too: gRPC waits for 1 s
 * at first, 1.6 s then (grpc/grpc, doc/connection-backoff.md), give or take a fifth. So long at most…
 */
const AFTERMATH_MS = 3000
/** …and at most so much of the time until the next fault: the rest is what it is compared with. */
const AFTERMATH_SHARE = 0.5

/** A fault, and up to which cycle what it brought about shows. */
export type Lasting = FaultLine & { until: number }

/** @param checkpoints say how far cycles had come at a time */
export function lasting({ faults, checkpoints }: Pick<Recording, 'faults' | 'checkpoints'>): Lasting[] {
  return faults.map((fault, i) => {
    const gap = (faults[i + 1]?.from.ms ?? Infinity) - fault.to.ms
    const over = fault.to.ms + Math.min(AFTERMATH_MS, AFTERMATH_SHARE * gap)
    const last = checkpoints.find(({ ms, cycles }) => ms >= over && cycles >= fault.to.cycles)
    return { ...fault, until: last?.cycles ?? checkpoints.at(-1)?.cycles ?? fault.to.cycles }
  })
}

/** What grows so many times as fast under faults as without is of the faults. */
const MOSTLY = 5

/** A series in its two parts, and what came of its faults. */
type Parts = {
  under: Point[]
  /** The same over the faults themselves. */
  perFault: Point[]
  faults: number
  without: Point[]
  /** That ran under faults or in their aftermath, and of these those that failed. */
  cycles: number
  failed: number
  /** What the floor rose by under faults, and under which kinds. */
  grown: number
  kinds: FaultKind[]
}

/** Takes a series of counts apart; null where no fault lies between two of its points. */
function takeApart(points: readonly Point[], faults: readonly Lasting[]): Parts | null {
  const [first] = points
  if (!first || faults.length === 0) return null
  const { floor, holds } = readFloor(points)
  // A rise that had no time to come back is none yet.
  const settled = points.length - holds
  const steps = points.slice(1).map((point, i) => {
    const before = points[i] as Point
    const lies = (to: number, { from }: Lasting) => to > before.cycle && from.cycles < point.cycle
    return {
      point,
      isSettled: i + 1 < settled,
      rise: (floor[i + 1] as number) - (floor[i] as number),
      cycles: point.cycle - before.cycle,
      during: faults.filter((fault) => lies(fault.to.cycles, fault)),
      after: faults.filter((fault) => lies(fault.until, fault)),
    }
  })
  // An aftermath in which nothing rises is like all the time without faults.
  const hasAftermath = steps.some(
    ({ isSettled, rise, during, after }) => isSettled && rise > 0 && during.length === 0 && after.length > 0,
  )
  const parts: Parts = {
    under: [{ cycle: 0, value: 0, drain: false }],
    perFault: [{ cycle: 0, value: 0, drain: false }],
    without: [first],
    faults: 0,
    cycles: 0,
    failed: 0,
    grown: 0,
    kinds: [],
  }
  for (const { point, isSettled, rise, cycles, during, after } of steps) {
    const of = during.length > 0 || !hasAftermath ? during : after
    if (of.length > 0 && isSettled) {
      const ran = during.reduce((sum, { from, lifted }) => sum + lifted.cycles - from.cycles, 0)
      parts.cycles += during.length > 0 ? ran : cycles
      parts.faults += during.length
      parts.failed += during.reduce((sum, { from, to }) => sum + to.failed - from.failed, 0)
      parts.grown += rise
      if (rise > 0) parts.kinds.push(...of.map(({ do: kind }) => kind).filter((kind) => !parts.kinds.includes(kind)))
      parts.under.push({ cycle: parts.cycles, value: parts.grown, drain: false })
      parts.perFault.push({ cycle: parts.faults, value: parts.grown, drain: false })
    }
    parts.without.push({ ...point, cycle: point.cycle - parts.cycles, value: point.value - parts.grown })
  }
  return parts.cycles > 0 ? parts : null
}

/** The part under faults: where it never rose it is bounded by all cycles that ran under one, however few faults there were. */
function judgeUnder({ under, perFault, cycles }: Parts, rules: Rules): SeriesVerdict {
  if (under.some(({ value }) => value > 0)) {
    const byCycle = judgeSeries(under, 'count', rules)
    // What leaks once a fault is rare among the cycles of long ones.
    const byFault = judgeSeries(perFault, 'count', rules)
    return byCycle.verdict === 'clean' ? byFault : byCycle
  }
  const bound = highEvents(0, rules.falseClean)
  const numbers = { growthPerCycle: 0, low: 0, high: bound / cycles, detectable: bound / cycles, confirmed: null }
  if (numbers.high < rules.resolution) return { ...numbers, verdict: 'clean', reasonCode: 'flat', facts: {} }
  return {
    ...numbers,
    verdict: 'inconclusive',
    reasonCode: 'few-faults',
    facts: { moreCycles: bound / rules.resolution - cycles },
  }
}

/**
 * Judges a series of counts by its parts.
 * @param whole what is said of all of it: its growth, and its caps
 * @param before what there was before the first cycle
 */
export function judgeByFaults(
  whole: SeriesVerdict,
  points: readonly Point[],
  faults: readonly Lasting[],
  rules: Rules,
  before?: number,
): { judged: SeriesVerdict; underFaults: ResourceResult['underFaults'] } {
  const parts = takeApart(points, faults)
  if (!parts) return { judged: whole, underFaults: null }
  // The two share what the whole has left of the false alarms that are allowed: as many as its own.
  const half = { ...rules, falseAlarm: rules.falseAlarm / 2, falseClean: rules.falseClean / 2, total: null, peak: null }
  const under = judgeUnder(parts, { ...half, resolution: Math.max(rules.resolution, FAULT_RESOLUTION) })
  const without = judgeSeries(parts.without, 'count', half, { before })
  const { cycles, failed, grown, kinds } = parts
  const underFaults = {
    cycles,
    failed,
    growthPerCycle: grown / cycles,
    perFailedCycle: failed > 0 ? grown / failed : null,
    detectable: under.detectable,
    without: without.growthPerCycle,
    kinds,
  }
  const all = points.at(-1)?.cycle ?? 0
  return {
    judged: isOverCap(whole) ? whole : together(whole, under, without, { share: all / cycles, rate: grown / cycles }),
    underFaults,
  }
}

/**
 * The verdicts of the parts as one, with the growth of the whole.
 * @param share cycles there are for each one under faults
 * @param rate growth per cycle under faults
 */
function together(
  whole: SeriesVerdict,
  under: SeriesVerdict,
  without: SeriesVerdict,
  { share, rate }: { share: number; rate: number },
): SeriesVerdict {
  const { growthPerCycle, low, high } = whole
  const leaking = [without, under, whole].find(({ verdict }) => verdict === 'leaking')
  if (leaking) {
    const confirmed = [without, under, whole].some((part) => part.verdict === 'leaking' && part.confirmed)
    // A command runs on while it is read, so that some of what a fault brings about is counted after it.
    const isOfFaults = (without.growthPerCycle ?? 0) * MOSTLY <= rate
    return { ...leaking, growthPerCycle, low, high, reasonCode: isOfFaults ? 'grows-under-faults' : 'grows', confirmed }
  }
  if (under.verdict === 'clean') return { ...without, growthPerCycle, low, high }
  const { moreCycles } = under.facts
  // The others go on beside them.
  const facts = { ...under.facts, ...(moreCycles === undefined ? {} : { moreCycles: Math.ceil(moreCycles * share) }) }
  return { ...under, growthPerCycle, low, high, detectable: without.detectable, facts }
}

/** Every fault of the plan has to have come, once at least. */
export const faultsToCome = ({ header, faults }: Pick<Recording, 'header' | 'faults'>): boolean =>
  header.plan.faults.some(({ do: kind }) => {
    const of = ({ do: other }: { do: FaultKind }) => other === kind
    return faults.filter(of).length < header.plan.faults.filter(of).length
  })
