/** Which entries of a ledger grow at every checkpoint. Pure. */
import type { LedgerEntry, LedgerLine, Recording } from '../model.ts'
import { unitOf } from './kinds.ts'

/** An entry that grows. */
export type Growing = Pick<LedgerEntry, 'kind' | 'what' | 'stack'> & {
  /** What it grew by over the run: so many objects, or bytes. */
  grown: number
  perCycle: number
  /** Of what ends by itself: after so long at most. */
  endsAfterMs: number | null
}

/** From fewer ledgers nobody can say that something grows each time. */
const LEAST_READINGS = 3
/** Of fewer left over nobody can say that they are more each time. */
const LEAST = 3
/** A rare leak shows in longer stretches: so many of it in each, on average. */
const PER_STRETCH = 3
/** And a run is cut into so many at most. */
const MOST_STRETCHES = 8
/** A sampled number of bytes wavers: so many of its stretches have to grow. */
const SAMPLED_SHARE = 0.7
/** What fills up grows early; a leak grows in the second half, too: at least this share of all its growth. */
const LATE_SHARE = 0.3
const LATE_SHARE_SAMPLED = 0.2

/** `n` stretches as long as each other, as the values at their ends. */
const ends = (values: readonly number[], n: number): number[] =>
  Array.from({ length: n + 1 }, (_, i) => values[Math.round((i * (values.length - 1)) / n)] as number)

/** The value half way in cycles, between two ledgers where there is none. */
function halfWay(values: readonly number[], cycles: readonly number[]): number {
  const half = ((cycles[0] as number) + (cycles.at(-1) as number)) / 2
  const after = cycles.findIndex((at) => at >= half)
  const [from, to] = [cycles[after - 1], cycles[after] as number]
  if (from === undefined || to === half) return values[after] as number
  const share = (half - from) / (to - from)
  return (1 - share) * (values[after - 1] as number) + share * (values[after] as number)
}

/**
 * Whether a series of live counts grows all along.
 * @param cycles where each was read: on a busy machine they are not as far from each other
 */
export function growsAllAlong(
  values: readonly number[],
  sampled: boolean,
  cycles: readonly number[] = values.map((_, i) => i),
): boolean {
  const [first = 0, last = 0] = [values[0], values.at(-1)]
  const grown = last - first
  if (values.length < LEAST_READINGS || grown < LEAST) return false
  if (last - halfWay(values, cycles) < (sampled ? LATE_SHARE_SAMPLED : LATE_SHARE) * grown) return false
  const stretches = Math.max(2, Math.min(MOST_STRETCHES, values.length - 1, Math.floor(grown / PER_STRETCH)))
  const at = ends(values, stretches)
  const rises = at.slice(1).filter((value, i) => value > (at[i] as number)).length
  return rises >= (sampled ? SAMPLED_SHARE * stretches : stretches)
}

/** A closing checkpoint comes after no further cycle. */
const afterCycles = (all: readonly LedgerLine[]): LedgerLine[] =>
  all.filter(({ cycles }, i) => cycles !== all[i - 1]?.cycles)

/** So many are left over where it is certain that what leaks is seen: one that is rare may come a cycle too late. */
const ENOUGH = 2 * LEAST

/**
 * Whether there are ledgers enough to say what grows, and cycles enough between them.
 * @param planned cycles of the run: it has no more
 * @param growth the least per cycle of a count that leaks; null where none does
 */
export function canExplain(
  { ledgers }: Pick<Recording, 'ledgers'>,
  { planned, growth }: { planned: number | null; growth: number | null },
): boolean {
  const read = afterCycles(ledgers)
  const cycles = (read.at(-1)?.cycles ?? 0) - (read[0]?.cycles ?? 0)
  const wanted = growth === null ? 0 : Math.min(ENOUGH / growth, planned ?? Infinity)
  return read.length >= LEAST_READINGS && cycles >= wanted
}

/**
 * @param sameAs the stack that stands for all that a person could not tell from it
 * @returns what grows, the most per cycle first
 */
export function growing(all: readonly LedgerLine[], sameAs: (stack: number) => number): Growing[] {
  const ledgers = afterCycles(all)
  const [first, last] = [ledgers[0], ledgers.at(-1)]
  if (!first || !last) return []
  const cycles = Math.max(1, last.cycles - first.cycles)
  const series = new Map<string, Omit<Growing, 'grown' | 'perCycle'> & { values: number[] }>()
  for (const [i, { entries }] of ledgers.entries())
    for (const { kind, what, stack: own, count, endsAfterMs = null } of entries) {
      const stack = own === null ? null : sameAs(own)
      const key = `${kind}|${what}|${stack}`
      const of = series.get(key) ?? { kind, what, stack, endsAfterMs: null, values: ledgers.map(() => 0) }
      series.set(key, of)
      of.values[i] = (of.values[i] ?? 0) + count
      if (endsAfterMs !== null) of.endsAfterMs = Math.max(of.endsAfterMs ?? 0, endsAfterMs)
    }
  return [...series.values()]
    .filter(({ kind, values }) =>
      growsAllAlong(
        values,
        unitOf(kind) === 'bytes',
        ledgers.map((ledger) => ledger.cycles),
      ),
    )
    .map(({ values, ...entry }) => {
      const grown = (values.at(-1) as number) - (values[0] as number)
      return { ...entry, grown, perCycle: grown / cycles }
    })
    .sort((a, b) => b.perCycle - a.perCycle)
}
