/** Verdict → sentence, written once for all formats. */
import {
  type EndLine,
  type ExitLine,
  type HeaderLine,
  LEAST_ONE_IN,
  type ResourceVerdict,
  type Results,
  type Run,
  type RunVerdict,
  roundUp,
  type VerdictFacts,
} from '../harness/model.ts'
import { cleanSentence, unjudgedText } from './clean.ts'
import { underFaultsText } from './faults.ts'
import { amount, count, duration, list, plural, rate, sentence } from './format.ts'

/** What a sentence needs of a resource, or of any series. */
type Judged = Pick<
  ResourceVerdict,
  'name' | 'unit' | 'growthPerCycle' | 'low' | 'high' | 'budget' | 'reasonCode' | 'facts'
> &
  Partial<Pick<ResourceVerdict, 'accepted' | 'underFaults'>>

const interval = ({ low, high, unit }: Judged): string =>
  low === null || high === null ? '' : ` (95 %: ${rate(low, unit)} to ${rate(high, unit)})`

/** How a leak stands to what a baseline has accepted of it. */
function acceptedText({ accepted, facts, unit }: Judged): string {
  if (accepted) return `; accepted until ${accepted.until}: ${accepted.reason}`
  if (facts.expired) return `; was accepted until ${facts.expired}, and counts again`
  return facts.accepted === undefined ? '' : `; more than the ${rate(facts.accepted, unit)} per cycle that is accepted`
}

/** Why one resource got its verdict. */
export const resourceSentence = (resource: Judged): string => `${whySentence(resource)}${acceptedText(resource)}`

/** What would decide. */
function moreText({ moreCycles, moreMs }: VerdictFacts): string {
  if (moreMs) return `; watch it for about ${duration(moreMs)} more`
  return moreCycles ? `; run about ${plural(moreCycles, 'more cycle')}` : ''
}

const lastText = ({ stepCycle }: VerdictFacts): string =>
  stepCycle === undefined ? '' : `, the last near cycle ${count(stepCycle)}`

/** Growth in a unit that a person has a feeling for. */
const hourlyText = ({ growthPerCycle, unit, facts: { anHour } }: Judged): string =>
  anHour === undefined || growthPerCycle === null ? '' : `, ${rate(growthPerCycle * anHour, unit)} an hour`

/** What was allowed, in the same unit. */
const budgetText = ({ budget, unit, facts: { anHour } }: Judged): string =>
  anHour === undefined ? rate(budget ?? 0, unit) : `${rate((budget ?? 0) * anHour, unit)} an hour`

function whySentence(resource: Judged): string {
  const { name, unit, growthPerCycle, budget, facts, reasonCode } = resource
  const steps = facts.steps ?? 0
  const more = moreText(facts)
  switch (reasonCode) {
    case 'grows':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle${interval(resource)}${hourlyText(resource)}, budget ${budgetText(resource)}`
    case 'grows-under-load':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle${interval(resource)} as long as cycles run, budget ${rate(budget ?? 0, unit)}; only ${duration(facts.releasedMs ?? 0)} of silence brought it back`
    case 'held-while-busy':
      return `grew by ${rate(growthPerCycle ?? 0, unit)} per cycle as long as cycles ran, and came back after ${duration(facts.releasedMs ?? 0)} of silence; whether it levels off takes a stretch of ${duration(facts.wantedMs ?? 0)} without any`
    case 'grows-under-faults':
      return underFaultsText(resource)
    case 'few-faults':
      return `did not grow under faults so far, but too few cycles ran under one to tell${more}`
    case 'over-total':
      return `grew by ${amount(facts.reached ?? 0, unit)} in all, over its total of ${amount(facts.cap ?? 0, unit)}`
    case 'over-peak':
      return `reached ${amount(facts.reached ?? 0, unit)}, over its peak of ${amount(facts.cap ?? 0, unit)}`
    case 'flat':
      return 'does not grow'
    case 'within-budget':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle${hourlyText(resource)}, within its budget of ${budgetText(resource)}`
    case 'within-total':
      return `grew by ${amount(facts.reached ?? 0, unit)} in all, which its total of ${amount(facts.cap ?? 0, unit)} allows`
    case 'perhaps-worse':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle, too unsteadily to tell whether for good; run longer`
    case 'within-cap':
      return 'stays under its cap'
    case 'late-growth':
      return `grows since about cycle ${count(facts.stepCycle ?? 0)}, and not before: a run must see it in both its halves${more}`
    case 'too-short':
      if (growthPerCycle === null || unit === 'bytes') return `has too few readings to tell${more}`
      return `shows no growth that has stayed so far, but the run is too short to tell${more}`
    case 'settling':
      return `${facts.stepSum === undefined ? 'grows' : `grew by ${amount(facts.stepSum, unit)}`}, mostly early: still settling${more}`
    case 'isolated-steps':
      return `${steps === 1 ? 'one isolated step' : `${count(steps)} isolated steps`}, +${amount(facts.stepSum ?? 0, unit)} in all${lastText(facts)}${more}`
    case 'too-noisy':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle so far${interval(resource)}: its noise is too wide to tell${more}`
    case 'one-step':
      return `${steps > 1 ? `${count(steps)} steps explain` : 'one step explains'} its growth as well as a trend${more}`
    case 'wanders':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle so far${interval(resource)}: noise that wanders may do so, too${more}`
    case 'daily':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle so far${interval(resource)}: a day and a night may do so, too${more}`
    case 'restarted':
      return 'fell as if it had been started again, or as if a cache had been dropped: which of them, its numbers do not tell'
    case 'noisy':
      return 'comes and goes too widely to be counted in a run of this length; run longer'
    case 'within-reach':
      return `grows by no more than ${rate(budget ?? 0, unit)} per cycle: whether by ${rate(facts.coarser ?? 0, unit)}, this run could not tell`
    case 'grew-before':
      return `rose by ${amount(facts.reached ?? 0, unit)} since before the first cycle, and held still only while it was read${more}`
    case 'grew-unseen':
      return `is ${amount(facts.hidden ?? 0, unit)} higher at rest than it was, and when it rose nobody saw beneath what comes and goes`
    case 'may-be-collected':
      return `grows by ${rate(growthPerCycle ?? 0, unit)} per cycle${interval(resource)}, and the collector of ${facts.collectors} may close what nobody closed: it has to outlast that`
    case 'falls':
      return `falls by ${rate(-(growthPerCycle ?? 0), unit)} per cycle, and what grows beside it may be hidden: it has to be seen when it has fallen${more || '; run longer'}`
    case 'not-judged':
      return `not judged: ${facts.unread}`
    case 'not-read':
      return `not read: ${facts.unread}`
    case 'stopped-being-read':
      return `stopped being readable: ${facts.unread}`
    default:
      return reasonCode === null ? 'recorded only' : name
  }
}

/** What ended a run that proves nothing. */
const endings: Partial<Record<RunVerdict['reasonCode'], (end: EndLine | null, plan: HeaderLine['plan']) => string>> = {
  'etcd-died': (end) => `${end?.text ?? 'etcd died'} near cycle ${count(end?.cycles ?? 0)}`,
  'target-died': (end) => `the run ended near cycle ${count(end?.cycles ?? 0)}: ${end?.text}`,
  'failed-cycles': (end, plan) =>
    `${count((end?.failed ?? 0) - (end?.faulted.failed ?? 0))} of ${count((end?.cycles ?? 0) - (end?.faulted.cycles ?? 0))} cycles failed${plan.faults.length > 0 ? ' without a fault' : ''}, more than maxFailedCycles allows (${(plan.maxFailedCycles * 100).toLocaleString('en')} %)`,
  'cycle-timeout': (end) => `a cycle hung: ${end?.text}`,
  'mark-never-seen': (end) =>
    `no cycle was counted: ${end?.text}; does it print a line per cycle that matches, and at once?`,
  'cut-short': () => 'holdwater itself was ended before the run was over',
  running: () => 'the run goes on; this is how it stands',
  'no-checkpoints': (end) =>
    `the run ended before its first checkpoint${end?.ending === 'process-ended' ? `: ${end.text}` : ''}`,
  'fault-failed': (end) => `a fault could not be brought about near cycle ${count(end?.cycles ?? 0)}: ${end?.text}`,
  'no-fault': (_, plan) =>
    `the run was over before its faults: ${list([...new Set(plan.faults.map(({ do: kind }) => kind))])}`,
  'no-gate': () => 'no resource that could fail the run could be read',
}

/** What holds a process that does not leave by itself: `3 Timeout at src/a.js:12 - setInterval(…)`. */
export const holdingText = ({ holding }: Pick<ExitLine, 'holding'>): string[] =>
  holding.map(({ what, count: n, at }) => `${count(n)} ${what}${at === null ? '' : ` at ${at}`}`)

/** Empty where it left, or nobody asked. */
export function heldSentence(exit: ExitLine | null, { exit: { level, withinMs } }: HeaderLine['plan']): string {
  if (!exit || exit.left || level === 'off') return ''
  const what = exit.holding.map(({ what, count: n }) => `${count(n)} ${what}`)
  const by = what.length > 0 ? `, held by ${list([...new Set(what)].slice(0, 5))}` : ''
  return `Does not let go of the process: ${duration(withinMs)} after its teardown it still ran${by}.`
}

/**
 * The sentence for a run.
 * @param firstFailure what the first cycle that failed threw, where one did
 */
export function runSentence(
  verdict: RunVerdict,
  end: EndLine | null,
  plan: HeaderLine['plan'],
  firstFailure: string | null,
): string {
  const told = endings[verdict.reasonCode]?.(end, plan)
  if (verdict.reasonCode === 'holds-process') return ''
  if (told) return sentence(verdict.reasonCode === 'failed-cycles' && firstFailure ? `${told}; ${firstFailure}` : told)
  const { resolution } = verdict
  const because = verdict.resources.find(({ name }) => name === verdict.because)
  if (verdict.verdict === 'clean') return cleanSentence(verdict, end, plan, (resource) => resourceSentence(resource))
  if (verdict.reasonCode === 'guard' && (!because || because.facts.taken !== undefined)) {
    const what = because
      ? `${because.name} had risen by ${amount(because.facts.taken ?? 0, 'bytes')}`
      : 'nothing that gates was seen to grow'
    return sentence(
      `cannot tell: the guard ended the run near cycle ${count(end?.cycles ?? 0)}, as ${end?.text}, and ${what}`,
    )
  }
  if (!because) return sentence(verdict.reasonCode)
  if (verdict.reasonCode === 'not-confirmed' && plan.watched) {
    const longer = end ? ` (--for ${Math.ceil((3 * end.ms) / 60_000)}m)` : ''
    return `Cannot tell about ${because.name}: it ${resourceSentence(because)}, and was not certain to after half of the time; what fills up looks the same: watch it longer${longer}.`
  }
  if (verdict.reasonCode === 'not-confirmed')
    return `Cannot tell about ${because.name}: a first run looked like a leak, and no second run, twice as long, has shown it again; run it longer, such as --cycles ${4 * (end?.cycles ?? 0)}${resolution > plan.resolution ? ` --resolution 1/${Math.floor(1 / resolution)}` : ''}.`
  const why = `${because.name}: ${resourceSentence(because)}`
  if (verdict.verdict === 'inconclusive')
    return sentence(
      `${plan.length.quick ? 'smoke test: cannot' : 'cannot'} tell about ${why}${remedy(because, verdict, end, plan)}${unjudgedText(verdict.resources)}${stopped[verdict.reasonCode]?.(end) ?? ''}`,
    )
  const others = verdict.resources.filter(
    (r) => r.verdict === 'leaking' && r.level === 'error' && r !== because && !r.accepted,
  )
  const also = others.length > 0 ? `; also ${list(others.map(({ name }) => name))}` : ''
  return sentence(`Leaks ${verdict.reasonCode === 'grows-under-load' ? 'under load: ' : ''}${why}${also}`)
}

/**
 * The forecast that comes first: what the process dies of, and when; null where nothing leaks, or has no limit.
 * @param endAfterMs where all that leaks ends by itself before it meets the limit, which nobody who sets it anew can count on
 */
export function forecastSentence(
  { resources, verdict, dies }: RunVerdict,
  plan: HeaderLine['plan'],
  endAfterMs: number | null = null,
): string | null {
  if (!dies || (verdict !== 'leaking' && !resources.some(({ accepted }) => accepted))) return null
  if (endAfterMs !== null)
    return `All that leaks ends by itself after ${duration(endAfterMs)} and meets no limit, unless it is set anew each time.`
  const { source, limit, unit, cyclesLeft, secondsLeft } = dies
  const faults = plan.faults.length > 0 ? ', with as many faults' : ''
  const every = `${plan.cadenceMs === null ? 'at this pace' : `at one every ${duration(plan.cadenceMs)}`}${faults}`
  // Of minutes, the time says it all.
  if (plan.cycleUnit === 'minute' && secondsLeft !== null)
    return `Dies of ${source}, ${amount(limit, unit)}, in about ${duration(secondsLeft * 1000)}.`
  const time = secondsLeft === null ? '' : `, ${duration(secondsLeft * 1000)} ${every}`
  return `Dies of ${source}, ${amount(limit, unit)}, after ${plural(cyclesLeft, 'more cycle')}${time}.`
}

/** The flags that would decide: a longer run, or a coarser question that this recording answers already. */
function remedy(
  { facts, reasonCode }: ResourceVerdict,
  { resources, resolution }: RunVerdict,
  end: EndLine | null,
  plan: HeaderLine['plan'],
): string {
  // Memory, and with it what only a collection releases, is measured in half of a run.
  if (reasonCode === 'may-be-collected') return ` (--for ${Math.ceil((facts.wantedMs ?? 0) / 1000) + 10}s --until end)`
  if (reasonCode === 'held-while-busy')
    return ` (--for ${Math.ceil((2.2 * (facts.wantedMs ?? 0)) / 1000)}s --until end, or no length at all)`
  // As long again shows it no sooner, in one piece.
  if (reasonCode === 'grew-unseen' && plan.length.mostMs === null)
    return ' (without --cycles, --for and --quick: such a run comes to rest in between)'
  if (facts.moreCycles === undefined && plan.watched && reasonCode === 'too-short') return ' (--for 1m)'
  if (facts.moreCycles === undefined || !end) return ''
  const more = roundUp(end.cycles + facts.moreCycles)
  // Who says how long is held to the finest resolution, unless that is said, too.
  const isHeldToLess = plan.length.quick || resolution > plan.resolution
  const asked = isHeldToLess ? ` --resolution 1/${Math.floor(1 / resolution)}` : ''
  const quick = plan.length.quick ? ', without --quick' : ''
  const ms = end.cycles > 0 ? (more * end.batchMs) / end.cycles : 0
  const time = ms >= WORTH_TELLING_MS ? `, ${duration(ms)} at this pace` : ''
  const longer = plan.cycleUnit === 'minute' ? `--for ${Math.ceil(more)}m` : `--cycles ${more}${asked}${quick}${time}`
  const coarser = answered(resources)
  return coarser === null
    ? ` (${longer})`
    : ` (${longer}), or ask this recording for less: holdwater report FOLDER --resolution 1/${coarser}`
}

const WORTH_TELLING_MS = 60_000

/** One in how many cycles a recording rules out of all that is undecided; null where more than counts is, or too little. */
function answered(resources: readonly ResourceVerdict[]): number | null {
  const open = resources.filter(
    ({ level, verdict, accepted }) => level === 'error' && verdict === 'inconclusive' && !accepted,
  )
  const oneIn = open.map(({ unit, facts }) => (unit === 'count' ? Math.floor(1 / (facts.ruledOut ?? Infinity)) : 0))
  const least = Math.min(...oneIn)
  return open.length > 0 && least >= LEAST_ONE_IN ? least : null
}

/** What stopped a run that was judged all the same. */
const stopped: Partial<Record<RunVerdict['reasonCode'], (end: EndLine | null) => string>> = {
  guard: (end) => ` (the guard ended the run: ${end?.text})`,
  interrupted: () => ' (stopped by Ctrl-C)',
  'process-ended': (end) => ` (${end?.text})`,
}

/** In the place of a verdict where there is none. */
export const notRunWord = ({ outcome }: { outcome: string }) => (outcome === 'skipped' ? 'not here' : 'not started')

/** How a verdict compares with what the scenario expects. */
export function outcomeWord(run: Pick<Run, 'outcome' | 'expect' | 'verdict' | 'resources'>): string {
  const accepted = run.resources.filter((resource) => resource.accepted).length
  if (run.outcome === 'pass' && run.expect === 'leaking') return 'pass (leak expected)'
  if (run.outcome === 'pass' && accepted > 0) return `pass (${plural(accepted, 'growth')} accepted)`
  if (run.outcome === 'fail' && run.expect === 'leaking') return 'fail (a leak was expected, and there is none)'
  return run.outcome
}

/** ` → pass`: what comes of a verdict, where that is another word. */
export function outcomeAfter(run: Parameters<typeof outcomeWord>[0]): string {
  const word = outcomeWord(run)
  return word === run.verdict ? '' : ` → ${word}`
}

/** What there is to know of the baseline itself. */
export const baselineNotes = ({ baseline }: Pick<Results, 'baseline'>): string[] => [
  ...(baseline?.mismatch ?? []).map(
    (text) => `The baseline ${baseline?.name} ${text}: growth may differ for that alone.`,
  ),
  ...(baseline && baseline.unneeded.length > 0
    ? [`The baseline ${baseline.name} accepts what does not leak: ${list(baseline.unneeded)}.`]
    : []),
]

/** Verdict, reason and forecast in one. */
export const verdictLine = (run: Pick<Run, 'verdict' | 'outcome' | 'reason' | 'forecast'>): string =>
  [`${run.verdict ?? notRunWord(run)}: ${run.reason}`, run.forecast].filter(Boolean).join(' ')

/** What came of all runs, in a few words. */
export function headline(runs: readonly Pick<Run, 'outcome'>[]): string {
  const of = (outcome: Run['outcome']) => runs.filter((run) => run.outcome === outcome)
  const bad = [...of('fail'), ...of('inconclusive'), ...of('error')]
  if (runs.length === 0) return 'Nothing was run'
  const skipped = of('skipped').length > 0 ? `${count(of('skipped').length)} skipped` : ''
  if (of('pass').length === 0 && bad.length === 0) return 'Everything was skipped'
  if (bad.length === 0) {
    const passed = of('pass').length
    const all = passed === 1 ? 'The scenario passes' : `${skipped ? '' : 'All '}${count(passed)} scenarios pass`
    return skipped ? `${all}, ${skipped}` : all
  }
  const parts = [
    of('fail').length > 0 ? `${plural(of('fail').length, 'scenario')} failed` : '',
    of('inconclusive').length > 0 ? `${count(of('inconclusive').length)} inconclusive` : '',
    of('error').length > 0 ? `${count(of('error').length)} not started` : '',
    of('pass').length > 0 ? `${count(of('pass').length)} passed` : '',
    skipped,
  ]
  return parts.filter(Boolean).join(', ')
}
