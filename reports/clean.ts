/** The sentence of a run in which nothing leaks: what was judged, what was not, and what would have been seen. */
import { type EndLine, type HeaderLine, isCoarse, type ResourceVerdict, type RunVerdict } from '../harness/model.ts'
import { heldUnderFaults } from './faults.ts'
import { amount, count, duration, list, oneIn, plural, rate, sentence, signed } from './format.ts'

/** ` Known: sockets and fds, accepted until 2027-02-21: #12.` */
function knownText(resources: readonly ResourceVerdict[]): string {
  const said = Map.groupBy(resources, ({ accepted }) => `accepted until ${accepted?.until}: ${accepted?.reason}`)
  return [...said]
    .map(([text, of]) => {
      const growths = of.map(({ name, growthPerCycle, unit }) => `${name} ${rate(growthPerCycle ?? 0, unit)}`)
      return ` Known: ${list(growths)} per cycle, ${text}.`
    })
    .join('')
}

/** `threads, fds and 9 more` */
function namesOf(resources: readonly Pick<ResourceVerdict, 'name'>[]): string {
  const names = resources.map(({ name }) => name)
  return names.length <= NAMED
    ? list(names)
    : `${names.slice(0, NAMED - 1).join(', ')} and ${names.length - NAMED + 1} more`
}
const NAMED = 3

/** What a leak would have had to be to be seen: `a leak of one in 1,157 cycles or of 9 B of heap per cycle would have been seen`. */
function seenText(gates: readonly ResourceVerdict[]): string {
  const found = (unit: string) =>
    gates.filter(
      (gate) => gate.unit === unit && gate.detectable !== null && (unit === 'count' || gate.reasonCode === 'flat'),
    )
  const weakest = (of: readonly ResourceVerdict[]) => Math.max(0, ...of.map(({ detectable }) => detectable ?? 0))
  const counts = weakest(found('count'))
  // Memory that grows within its budget was seen to.
  const memory = found('bytes')
  const seen = [
    ...(counts > 0 ? [`of ${oneIn(counts)}`] : []),
    ...(memory.length > 0
      ? [`of ${rate(Math.max(weakest(memory), 1), 'bytes')} of ${list(memory.map(({ name }) => name))} per cycle`]
      : []),
  ]
  return seen.length > 0 ? `; a leak ${seen.join(' or ')} would have been seen` : ''
}

/** Why a gate has no verdict; null where it has one, or gates nothing. */
function unjudgedBecause({ name, level, gate, verdict, reasonCode, facts }: ResourceVerdict): string | null {
  if (level === 'off' && gate === 'named') return 'off'
  // Of what V8 knows nothing of, and nobody can miss, silence is enough; what a command holds is known by this alone.
  const isToTell = level === 'error' || (name === 'rss' && reasonCode === 'not-judged')
  const isUnjudged = isToTell && verdict === null && (reasonCode === 'not-judged' || reasonCode === 'not-read')
  return isUnjudged ? (facts.unread ?? 'not read') : null
}

/** What was not judged, and why: `; not judged: heap and external (fewer than 500 cycles)`. */
export function unjudgedText(resources: readonly ResourceVerdict[]): string {
  const why = Map.groupBy(resources, unjudgedBecause)
  const told = [...why].flatMap(([reason, of]) =>
    reason === null ? [] : [`${list(of.map(({ name }) => name))} (${reason})`],
  )
  return told.length > 0 ? `; not judged: ${told.join(', ')}` : ''
}

/** What grows, and may. Of what V8 knows nothing of some growth says nothing. */
function allowedText(gates: readonly ResourceVerdict[]): string[] {
  return gates
    .filter((gate) => !isCoarse(gate))
    .flatMap(({ name, unit, reasonCode, growthPerCycle, budget, facts }) => {
      const rose = facts.rose === undefined ? '' : `, ${amount(facts.rose, unit)} more than before the first cycle`
      if (reasonCode === 'within-budget')
        return [`${name} ${rate(growthPerCycle ?? 0, unit)} of ${rate(budget ?? 0, unit)} per cycle${rose}`]
      if (reasonCode === 'within-reach')
        return [`${name} held to ${rate(budget ?? 0, unit)} per cycle, for want of time${rose}`]
      if (reasonCode !== 'within-total') return []
      return [`${name} ${signed(facts.reached ?? 0, unit)} of a total of ${amount(facts.cap ?? 0, unit)}`]
    })
}

/** ` At rest sockets came down by 876 and timers by 450, within 7.2 s.` */
function stoodText(gates: readonly ResourceVerdict[]): string {
  const told = gates.filter(({ facts }) => facts.stood !== undefined)
  if (told.length === 0) return ''
  const what = told.map(({ name, facts }, i) => `${name}${i === 0 ? ' came down' : ''} by ${count(facts.stood ?? 0)}`)
  const ms = Math.max(...told.map(({ facts }) => facts.releasedMs ?? 0))
  return ` At rest ${list(what)}, within ${duration(ms)}.`
}

/** What was judged and holds, what was not judged, and what the run would have seen. */
export function cleanSentence(
  verdict: RunVerdict,
  end: EndLine | null,
  plan: HeaderLine['plan'],
  why: (resource: ResourceVerdict) => string,
): string {
  const gates = verdict.resources.filter(({ level, verdict }) => level === 'error' && verdict === 'clean')
  const accepted = verdict.resources.filter((resource) => resource.accepted)
  const warned = verdict.resources.filter(({ level, verdict }) => level === 'warn' && verdict === 'leaking')
  const warning = warned.length > 0 ? ` Warning: ${list(warned.map((r) => `${r.name} ${why(r)}`))}.` : ''
  const allowed = allowedText(gates)
  const grows = accepted.length > 0 ? 'nothing else grows' : 'nothing grows'
  const nothing = allowed.length > 0 ? `${grows} beyond its budget (${list(allowed)})` : grows
  const held = `${namesOf(gates)} held over ${plural(end?.cycles ?? 0, 'cycle')}`
  const told = sentence(
    `${plan.length.quick ? 'smoke test: ' : ''}${nothing}: ${held}${unjudgedText(verdict.resources)}${seenText(gates)}`,
  )
  return `${told}${stoodText(gates)}${heldUnderFaults(gates, end, plan)}${knownText(accepted)}${warning}`
}
