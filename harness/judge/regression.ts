/** What changed from one run to another: growths are compared by their intervals, never as two numbers. Pure. */
import type { Change, ResourceResult, Run, RunChange, Suspect, Trend } from '../model.ts'
import { isOverCap, limitsOf } from './rules.ts'

/** Growth that differs by less than this share of what it was has not changed. */
const SAME = 0.1
/**
 * One comparison in forty lies outside of a 95 % interval by chance, and a nightly job makes many: what is called a change lies
 * beyond twice that, which with the nine degrees of freedom of ten stretches is one in a thousand.
 */
const CERTAIN = 2
/** Nor has what differs by less than a default budget allows and *clean* rules out. */
const LEAST = { count: 1 / 1000, bytes: 200 }

/**
 * The 95 % interval of a difference, from the intervals of both sides (the method of variance estimates recovery, Zou & Donner
 * 2008).
 */
export function differenceOf(base: Trend, head: Trend): Trend {
  const growthPerCycle = head.growthPerCycle - base.growthPerCycle
  const below = Math.hypot(head.growthPerCycle - head.low, base.high - base.growthPerCycle)
  const above = Math.hypot(head.high - head.growthPerCycle, base.growthPerCycle - base.low)
  return { growthPerCycle, low: growthPerCycle - below, high: growthPerCycle + above }
}

/** A difference, per cycle, that is none. @param least one that means nothing, however little there was */
export const marginOf = ({ growthPerCycle }: Trend, least: number): number =>
  Math.max(least, SAME * Math.abs(growthPerCycle))

/** @param least a difference, per cycle, that means nothing */
export function changeOf(base: Trend, head: Trend, least: number): Change {
  const { growthPerCycle, low, high } = differenceOf(base, head)
  const margin = marginOf(base, least)
  if (growthPerCycle - CERTAIN * (growthPerCycle - low) > margin) return 'regressed'
  if (growthPerCycle + CERTAIN * (high - growthPerCycle) < -margin) return 'improved'
  return low >= -margin && high <= margin ? 'unchanged' : 'cannot tell'
}

export const trendOf = (resource: ResourceResult): Trend | null => resource.trend ?? limitsOf(resource)

/** What a difference in growth has to be more than. */
const leastOf = ({ unit, budget }: ResourceResult): number =>
  Math.max(LEAST[unit], unit === 'bytes' ? (budget ?? 0) : 0)

/** Too short to be called clean, or to have been measured where the other leaks: its growth is known all the same. */
const isShort = ({ verdict, reasonCode, trend }: ResourceResult) =>
  verdict === 'inconclusive' && reasonCode === 'too-short' && trend !== null

/** What neither run could tell is no news. */
function stillOpen(base: ResourceResult, head: ResourceResult): string {
  const both = base.verdict === 'inconclusive' && head.verdict === 'inconclusive'
  return `still ${both ? 'inconclusive' : 'undecided'}: ${head.reason}`
}

export function compareResources(base: ResourceResult, head: ResourceResult): RunChange['resources'][number] {
  const [before, after] = [trendOf(base), trendOf(head)]
  const difference = before && after && differenceOf(before, after)
  const of = (change: Change, undecided: string | null = null) => {
    const { name, unit, level } = head
    return { name, unit, level, change, undecided, base, head, difference }
  }
  const leaks = base.verdict === 'leaking' || head.verdict === 'leaking'
  const isOpen = (resource: ResourceResult) =>
    (resource.verdict === 'inconclusive' && !(leaks && isShort(resource))) ||
    (resource.verdict === null && resource.level !== 'off')
  if (isOpen(base) && isOpen(head)) return of('cannot tell', stillOpen(base, head))
  if (isOpen(base)) return of('cannot tell', `BASE: ${base.reason}`)
  if (isOpen(head)) return of('cannot tell', `HEAD: ${head.reason}`)
  if (base.verdict === 'clean' && head.verdict === 'clean') return of('unchanged')
  if (base.verdict === 'clean' && isOverCap(head)) return of('regressed')
  if (isOverCap(base) && head.verdict === 'clean') return of('improved')
  if (!before || !after) return of('cannot tell', 'its growth was not measured')
  return of(changeOf(before, after, leastOf(head)))
}

/** The line moves from version to version; the function and what is made in it do not. */
const identity = ({ kind, what, stack, at }: Suspect) => {
  const frame = at === null ? undefined : stack[at]
  return frame ? `${kind} ${frame.file} ${frame.function || frame.line}` : `${kind} ${what}`
}

/** Of what was not decided, or leaks and was not explained, nobody can say that a suspect of it is new or gone. */
const isKnown = (run: Run, name: string) => {
  const verdict = run.resources.find((resource) => resource.name === name)?.verdict
  return verdict === 'clean' || (verdict === 'leaking' && run.suspects.length > 0)
}

function suspectsWithout({ suspects }: Run, other: Run): Suspect[] {
  const known = new Set(other.suspects.map(identity))
  return suspects.filter((suspect) => isKnown(other, suspect.resource) && !known.has(identity(suspect)))
}

const holds = ({ reasonCode }: Run) => reasonCode === 'holds-process'
/** What a baseline accepts is held against it, and has its own growth to compare. */
const isClean = ({ verdict }: Run) => verdict === 'clean' || verdict === 'known'
const isDecided = (run: Run) => isClean(run) || run.verdict === 'leaking'

/** A leak ends a run before all else is decided; what was left open then is not held against it. */
function changeOfRun(base: Run, head: Run, resources: RunChange['resources']): Change {
  const gating = resources.filter(({ level, base }) => level === 'error' || base.level === 'error')
  const has = (change: Change) => gating.some((resource) => resource.change === change)
  if (has('regressed') || (holds(head) && isClean(base))) return 'regressed'
  if (!isDecided(base) || !isDecided(head) || gating.every(({ change }) => change === 'cannot tell'))
    return 'cannot tell'
  if (has('improved') || (holds(base) && isClean(head))) return 'improved'
  // Where what leaks cannot be compared, nothing can be said of the run.
  // A leak ends a run before its memory is decided: that says nothing where both runs leak.
  const oneIsClean = isClean(base) || isClean(head)
  const leaksOpenly = gating.some(
    ({ change, base, head }) =>
      change === 'cannot tell' &&
      (head.verdict === 'leaking' || base.verdict === 'leaking') &&
      (oneIsClean || head.unit === 'count' || head.gate === 'named'),
  )
  return leaksOpenly ? 'cannot tell' : 'unchanged'
}

/** A resource that BASE does not have, as one of which nothing is known. */
const unknownOf = (resource: ResourceResult): ResourceResult => ({
  ...resource,
  verdict: null,
  start: null,
  end: null,
  growthPerCycle: null,
  low: null,
  high: null,
  trend: null,
  reason: 'BASE does not have it',
})

function onlyIn(head: ResourceResult): RunChange['resources'][number] {
  const { name, unit, level, verdict } = head
  const change = verdict === 'leaking' ? 'regressed' : verdict === 'clean' ? 'unchanged' : 'cannot tell'
  return {
    name,
    unit,
    level,
    change,
    undecided: 'BASE does not have it',
    base: unknownOf(head),
    head,
    difference: null,
  }
}

/** In which resources are told. */
const order: readonly Change[] = ['regressed', 'cannot tell', 'improved', 'unchanged']

/** Compares two runs of one scenario. */
export function compareRuns(base: Run, head: Run): RunChange {
  const resources = head.resources.map((resource) => {
    const before = base.resources.find(({ name }) => name === resource.name)
    return before ? compareResources(before, resource) : onlyIn(resource)
  })
  return {
    scenario: head.scenario,
    title: head.title,
    change: changeOfRun(base, head, resources),
    resources: resources.toSorted((a, b) => order.indexOf(a.change) - order.indexOf(b.change)),
    onlyInBase: base.resources.flatMap(({ name }) =>
      head.resources.some((other) => other.name === name) ? [] : [name],
    ),
    newSuspects: suspectsWithout(head, base),
    goneSuspects: suspectsWithout(base, head),
    base,
    head,
  }
}
