/** What every rule of the judge goes by, and what each answers. */
import type { ReasonCode, Trend, Verdict, VerdictFacts } from '../model.ts'

export type Rules = {
  /** Growth per cycle that is allowed. */
  budget: number
  /** The rate of a count that *clean* must rule out. */
  resolution: number
  /** Chance that a clean series may be called leaking. */
  falseAlarm: number
  /** Chance that one that leaks as fast as *clean* must rule out may be called clean. */
  falseClean: number
  /** An early look, before the planned length is reached, asks for overwhelming evidence of a leak. */
  early: boolean
  total: number | null
  peak: number | null
  /** Of memory: calm in a later part of the run is not enough. */
  wholeOnly?: boolean
  /** Of a count: the part of the run that is clean has so many rises at most. */
  mostRises?: number
}

export type SeriesVerdict = {
  verdict: Verdict
  reasonCode: ReasonCode
  growthPerCycle: number | null
  low: number | null
  high: number | null
  detectable: number | null
  /** Of memory that is undecided: the window that rules out most, and from which growth per cycle on, at the error of *clean*. */
  ruledOut?: { bound: number; numbers: Pick<SeriesVerdict, 'growthPerCycle' | 'low' | 'high' | 'detectable'> } | null
  /** Of a leak: whether the evidence is overwhelming, or asks for a second run. Null where there is no leak. */
  confirmed: boolean | null
  facts: VerdictFacts
}

/** In the place of a verdict where there is none. */
export const none = { verdict: null, reasonCode: null, confirmed: null, facts: {} } as const
/** The numbers where there are none. */
export const unknown = { growthPerCycle: null, low: null, high: null, detectable: null, confirmed: null } as const

export const RUN_FALSE_ALARM = 0.001
/** The error of a run, which its gating resources share. */
export const errorShared = (gating: number) => ({ falseAlarm: RUN_FALSE_ALARM / gating, falseClean: 0.05 / gating })
/** What an early look spends of it. */
export const EARLY_SHARE = 1 / 20
/** Each side of the 95 % interval. */
export const INTERVAL = 0.025
/** Windows, as the share of the run's cycles they leave out, and how *clean* divides its error among them. */
export const WINDOWS = [
  { from: 0.1, share: 0.7 },
  { from: 0.3, share: 0.15 },
  { from: 0.5, share: 0.15 },
] as const

/** Growth and its limits, where there are any. */
export const limitsOf = ({
  growthPerCycle,
  low,
  high,
}: Pick<SeriesVerdict, 'growthPerCycle' | 'low' | 'high'>): Trend | null =>
  growthPerCycle === null || low === null || high === null ? null : { growthPerCycle, low, high }

/** Whether a verdict is that of a cap, which somebody set, and not of growth. */
export const isOverCap = ({ reasonCode }: { reasonCode: ReasonCode | null }): boolean =>
  reasonCode === 'over-total' || reasonCode === 'over-peak'

/** The highest of all readings. */
export const highestOf = (points: readonly { value: number; highest?: number }[]): number =>
  points.reduce((most, { value, highest = value }) => Math.max(most, highest), -Infinity)

/** The cap that was passed, by growth over the whole run or by one reading; null where none was. */
export function passedCap(
  grown: number,
  points: readonly { value: number; highest?: number }[],
  { total, peak }: Rules,
) {
  if (total !== null && grown > total)
    return { reasonCode: 'over-total' as const, facts: { cap: total, reached: grown } }
  const highest = highestOf(points)
  if (peak !== null && highest > peak)
    return { reasonCode: 'over-peak' as const, facts: { cap: peak, reached: highest } }
  return null
}
