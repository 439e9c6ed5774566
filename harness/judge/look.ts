/** Looks at a running recording, and says what there is to do about it. Pure. */
import { isCommand, type Raised, type Recording, type ResourceVerdict } from '../model.ts'
import { mayGrowOn } from './coarse.ts'
import { LEAST_EVENTS } from './count.ts'
import { faultsToCome } from './faults.ts'
import { straysAbove } from './floor.ts'
import { judge } from './judge.ts'
import { isInnerMemory } from './overall.ts'
import { isOfProcess } from './processes.ts'
import { seriesOf } from './series.ts'
import { levelBefore, roseBefore } from './young.ts'

/** Looks for a leak begin at 30 % of the planned checkpoints, and never before 30. */
const EARLY_FROM = 0.3
const LEAST_SAMPLES = { leaking: 30, clean: 20 }

/**
 * Looks at a running recording: whether it is certain enough to stop, or, with every gate but memory clean, to go over to
 * measuring memory.
 */
export function lookEarly(recording: Recording): 'leaking' | 'clean' | 'counts-clean' | 'to-rest' | null {
  const { checkpoints, header } = recording
  const enough = Math.max(LEAST_SAMPLES.leaking, EARLY_FROM * header.plan.length.checkpoints)
  const { resources } = judge(recording, { early: true })
  const isKnown = ({ name }: ResourceVerdict) => header.plan.accepted[name] !== undefined
  const gate = resources.filter(
    (resource) => resource.level === 'error' && resource.verdict !== null && !isKnown(resource),
  )
  // Memory is read at fewer of them; what a drain reads on top says nothing of the cycles.
  const collected = checkpoints.filter(({ collected, phase }) => collected && phase === 'run').length
  const read = ({ unit }: ResourceVerdict) =>
    unit === 'bytes' && !isCommand(header.plan) ? collected : checkpoints.length
  const certain = gate.filter(({ verdict }) => verdict === 'leaking')
  if (checkpoints.length >= enough && certain.some((resource) => read(resource) >= LEAST_SAMPLES.leaking))
    return 'leaking'
  const counts = gate.filter(({ unit }) => unit === 'count')
  const isClean = (resource: ResourceVerdict) => resource.verdict === 'clean' && !mayHide(resource)
  if (faultsToCome(recording)) return null
  // What a baseline accepts is measured to the planned length: it may become worse.
  if (Object.keys(header.plan.accepted).length > 0) return null
  if (checkpoints.length < LEAST_SAMPLES.clean || counts.length === 0 || !counts.every(isClean)) return null
  const memory = resources.filter((resource) => resource.level !== 'off' && isInnerMemory(resource))
  // What only warns has been measured, then; what gates is clean.
  const done = (resource: ResourceVerdict) =>
    isLookedAt(read(resource)) &&
    (resource.level === 'warn' || (isClean(resource) && !roseBefore(budgeted(resource), recording)))
  if (!memory.every(done)) return 'counts-clean'
  // What is read from outside, and no collection comes before, only time decides.
  if (!gate.every((resource) => resource.unit === 'count' || isClean(resource))) return null
  if (header.plan.resources.some((resource) => mayGrowOn(resource, recording))) return null
  // What their sum hides.
  if (judge(recording).resources.some(({ name }) => isOfProcess(name))) return 'leaking'
  return gate.some((resource) => stands(resource, recording)) ? 'to-rest' : 'clean'
}

/** Memory that falls, a cache that expires say, may hide what grows beside it: it is read until it has fallen. */
const mayHide = ({ unit, high, budget }: ResourceVerdict): boolean =>
  unit === 'bytes' && high !== null && high < -(budget ?? Infinity)

/** The limits of memory do not hold at every look, so it is called clean at few: after 20 readings, 40, 80, 160 … */
const isLookedAt = (readings: number): boolean =>
  readings >= LEAST_SAMPLES.clean && Number.isInteger(Math.log2(readings / LEAST_SAMPLES.clean))

/** Looks where the length is reached, as strictly as at the end. `undecided`: more cycles may decide; `to-rest`: once it has come to rest. */
export function lookByNow(recording: Recording): 'leaking' | 'clean' | 'undecided' | 'to-rest' | null {
  // What a baseline accepts is held against it at the end; whether it became worse is not looked for before.
  const { accepted } = recording.header.plan
  const { resources } = judge(recording)
  const gate = resources.filter(({ level, name }) => level === 'error' && !accepted[name])
  if (gate.some(({ verdict }) => verdict === 'leaking')) return 'leaking'
  const isOpen = (resource: ResourceVerdict) =>
    mayHide(resource) ||
    (resource.verdict === 'inconclusive'
      ? resource.facts.unread === undefined
      : resource.verdict === null && isInnerMemory(resource))
  if (gate.some((resource) => mayGrowUnseen(resource, recording))) return 'to-rest'
  if (gate.some(isOpen) || faultsToCome(recording)) return 'undecided'
  if (!gate.every(({ verdict }) => verdict === 'clean' || verdict === null)) return null
  return gate.some((resource) => stands(resource, recording)) ? 'to-rest' : 'clean'
}

/**
 * A count that is clean as it was read while cycles ran, and stands above what it was before the first one by more than a few singletons: a leak
 * may have taken the place of what came and went. No run is called clean before that has come to rest.
 */
function stands({ name, unit, verdict, end }: ResourceVerdict, { start, checkpoints }: Recording): boolean {
  const before = start?.readings[name]
  if (unit !== 'count' || verdict !== 'clean' || end === null || before == null) return false
  return end - before >= LEAST_EVENTS && checkpoints.at(-1)?.phase !== 'drain'
}

/** A count that is undecided, and comes and goes above what it was before, or stands there: only at rest does it show what stays. */
function mayGrowUnseen(
  { name, unit, verdict, reasonCode, facts, start, end }: ResourceVerdict,
  recording: Recording,
): boolean {
  // A rest would end the stretch that it needs.
  if (reasonCode === 'held-while-busy') return false
  if (unit !== 'count' || verdict !== 'inconclusive' || facts.unread !== undefined || end === null) return false
  const rise = end - levelAtFirst(name, start ?? 0, recording)
  const series = () => seriesOf(recording.checkpoints, name, { collected: false, from: 0 })
  return rise >= LEAST_EVENTS || (rise > 0 && straysAbove(series().points))
}

/** What a count was before the first cycle; the first checkpoint may have been read while much was on its way out. */
const levelAtFirst = (name: string, start: number, recording: Recording): number =>
  Math.min(start, recording.start?.readings[name] ?? start)

/**
 * Gating resources that stand above where they started: what a drain may see return.
 * Memory wavers, so that only what looks like a leak is waited for, until half of it is back; and what had risen before it was read.
 */
export function raised(recording: Recording): Raised[] {
  return judge(recording).resources.flatMap((resource): Raised[] => {
    const { name, level, unit, verdict, start, end } = resource
    if (level !== 'error' || start === null || end === null) return []
    const isOpenMemory = isInnerMemory(resource) && verdict === 'inconclusive'
    const before = isOpenMemory ? levelBefore(budgeted(resource), recording) : null
    if (before !== null) return [{ name, level: before, isLeak: true }]
    if (unit === 'bytes')
      return end > start && verdict === 'leaking' ? [{ name, level: (start + end) / 2, isLeak: true }] : []
    const first = levelAtFirst(name, start, recording)
    if (stands(resource, recording)) return [{ name, level: first, isLeak: false }]
    return end > first && verdict !== null && verdict !== 'clean' ? [{ name, level: first, isLeak: true }] : []
  })
}

const budgeted = ({ name, budget }: ResourceVerdict) => ({ name, perCycle: budget })
