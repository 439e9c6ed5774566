/** Recording + verdict → the plain value that every reporter renders: results.json, the contract. */
import type {
  EndLine,
  Explanation,
  Forecast,
  Outcome,
  ReasonCode,
  Recording,
  Results,
  Run,
  RunVerdict,
} from '../harness/model.ts'
import { crashSentence, forecastBefore } from './crash.ts'
import { inUnit } from './format.ts'
import { nearLimitsText } from './headroom.ts'
import { decayText, loadOf } from './load.ts'
import { suspectSentence, unexplainedSentences } from './suspects.ts'
import { forecastSentence, heldSentence, resourceSentence, runSentence } from './words.ts'

/** `expect: 'leaking'` turns the outcome round: for a control, no leak is the failure. */
function outcomeOf({ verdict, reasonCode, crash }: RunVerdict, expect: 'clean' | 'leaking'): Outcome {
  if (verdict === 'inconclusive' && reasonCode === 'crashed') {
    // It must not crash; and a refusal is what an expected leak comes to.
    if (expect === 'clean') return 'fail'
    return crash?.resource ? 'pass' : 'inconclusive'
  }
  if (verdict === 'inconclusive') return 'inconclusive'
  return verdict === expect ? 'pass' : 'fail'
}

const share = (recording: Recording, end: EndLine | null): number | null => {
  const first = recording.checkpoints[0]
  const last = recording.checkpoints.findLast(({ phase }) => phase === 'run')
  // A command runs on while it is read.
  if (!first || !last || !end || last === first || recording.header.plan.cycleMark) return null
  const spent = recording.checkpoints
    .filter((c) => c.phase === 'run' && c !== first)
    .reduce((sum, c) => sum + c.tookMs, 0)
  return spent / Math.max(1, last.ms - first.ms)
}

/** A recording and where it is, relative to results.json. */
export type Recorded = { recording: Recording; path: string }

/** The sentence for a run, and what goes with it. */
function reasonOf(recorded: readonly Recorded[], verdict: RunVerdict, recording: Recording): string {
  const { header, end, exit } = recording
  const failure = firstFailure(recording)
  const held = heldSentence(exit, header.plan)
  const { crash } = verdict
  const leak = !crash || verdict.because !== null ? runSentence(verdict, end, header.plan, failure) : ''
  return [
    crash ? crashSentence(crash, header, end?.exit ?? null) : '',
    leak,
    verdict.verdict === 'leaking' ? furtherText(recorded, verdict) : '',
    decayText(verdict),
    // What was set to be met says it with its crash.
    header.limits.length > 0 || crash ? '' : nearLimitsText(verdict.resources),
    // What leaks holds its process more often than not.
    ...(held === '' || (verdict.verdict === 'leaking' && verdict.reasonCode !== 'holds-process')
      ? []
      : [header.plan.exit.level === 'warn' ? `Warning: ${held.charAt(0).toLowerCase()}${held.slice(1)}` : held]),
  ]
    .filter(Boolean)
    .join(' ')
}

const firstFailure = ({ events }: Recording): string | null =>
  events.find(({ kind }) => kind === 'failed-cycle')?.text ?? null

/** What else is known of a leak: what it ends in, or that a second run saw it, too. */
function furtherText(recorded: readonly Recorded[], { reasonCode }: RunVerdict): string {
  const [first] = recorded
  if (first && reasonCode === 'grows-until-refused')
    return `What it ends in: ${firstFailure(first.recording) ?? first.recording.end?.text ?? ''}.`
  const { refused } = first?.recording.end ?? {}
  if (refused) return `What it ends in: ${refused.error}.`
  return recorded.some(({ recording }) => recording.header.role === 'confirm') ? 'More than one run saw it.' : ''
}

/**
 * @param recorded the run, and the one that confirmed it where there was one
 * @param recording has the numbers: the last, unless several were judged together
 */
export function toRun(
  recorded: readonly [Recorded, ...Recorded[]],
  verdict: RunVerdict,
  recording: Recording = (recorded.at(-1) as Recorded).recording,
  explanation: Explanation | null = null,
): Run {
  const { header, checkpoints, events, end } = recording
  const { plan, etcd } = header
  const last = checkpoints.at(-1)
  const told = (text: string) => inUnit(text, plan.cycleUnit)
  // What ends by itself stays as many as come in that time, and meets no limit that lies beyond; what is set anew grows on.
  const endAfterMs = explanation?.endAfterMs ?? null
  const isMet = (forecast: Forecast | null): boolean =>
    endAfterMs === null || (forecast?.secondsLeft ?? 0) < endAfterMs / 1000
  return {
    scenario: plan.scenario.name,
    title: plan.scenario.title,
    file: plan.scenario.file,
    expect: plan.scenario.expect,
    verdict: isKnown(verdict) ? 'known' : verdict.verdict,
    resolution: verdict.resolution,
    outcome: outcomeOf(verdict, plan.scenario.expect),
    reasonCode: verdict.reasonCode,
    reason: told(reasonOf(recorded, verdict, recording)),
    forecast:
      told(
        (verdict.crash
          ? forecastBefore(verdict.crash, header)
          : forecastSentence(verdict, plan, isMet(verdict.dies) ? null : endAfterMs)) ?? '',
      ) || null,
    reproduce: header.argv.length > 0 ? commandLine(['holdwater', ...header.argv]) : null,
    node: plan.node.version || null,
    cycles: end?.cycles ?? last?.cycles ?? 0,
    failedCycles: end?.failed ?? last?.failed ?? 0,
    checkpoints: checkpoints.length,
    durationMs: end?.ms ?? last?.ms ?? 0,
    checkpointShare: share(recording, end),
    etcd,
    command: header.command,
    resources: verdict.resources.map(({ facts, ...resource }) => ({
      ...resource,
      forecast: isMet(resource.forecast) ? resource.forecast : null,
      reason: told(resourceSentence({ ...resource, facts })),
    })),
    suspects: (explanation?.suspects ?? []).map((suspect) => ({ ...suspect, sentence: suspectSentence(suspect) })),
    unexplained: unexplainedSentences(explanation),
    exit: exitOf(recorded.findLast(({ recording }) => recording.exit?.left === false)?.recording ?? recording),
    profile: null,
    guard: events.find(({ kind }) => kind === 'guard')?.text ?? null,
    limits: header.limits.map((limit) => ({
      ...limit,
      refusals: verdict.crash?.resource === limit.resource ? verdict.crash.refusals : null,
    })),
    crash: verdict.crash && { ...verdict.crash, sentence: crashSentence(verdict.crash, header, end?.exit ?? null) },
    faults: faultsOf(recording),
    load: loadOf(recording, verdict),
    cycleUnit: plan.cycleUnit,
    events: events.map(({ line: _, ...event }) => event),
    recordings: recorded.map(({ path, recording }) => ({ path, role: recording.header.role })),
  }
}

/** As a shell reads it. */
const commandLine = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')

/** A leak that a baseline accepts is known: nobody calls it clean. */
const isKnown = ({ verdict, resources }: RunVerdict): boolean =>
  verdict === 'clean' && resources.some(({ accepted }) => accepted)

/** What was done to the server, by kind. */
function faultsOf({ faults }: Recording): Run['faults'] {
  return [...Map.groupBy(faults, ({ do: kind }) => kind)].map(([kind, of]) => {
    const sum = (what: 'cycles' | 'failed' | 'ms') =>
      of.reduce((all, { from, lifted }) => all + lifted[what] - from[what], 0)
    return { do: kind, times: of.length, cycles: sum('cycles'), failed: sum('failed'), ms: sum('ms') }
  })
}

/** How the target left: as it died, or after its teardown. */
function exitOf({ end, exit }: Recording): Run['exit'] {
  if (end?.exit) return { ...end.exit, left: null, holding: [] }
  return exit && { code: null, signal: null, stderrTail: '', left: exit.left, holding: exit.holding }
}

/** A scenario that could not be started, or was skipped: no verdict, and the reason. */
export function notRun(
  scenario: { name: string; file: string; title?: string },
  why: { outcome: 'error' | 'skipped'; reason: string; reasonCode?: ReasonCode },
): Run {
  return {
    scenario: scenario.name,
    title: scenario.title ?? scenario.name,
    file: scenario.file,
    expect: 'clean',
    verdict: null,
    resolution: null,
    outcome: why.outcome,
    reasonCode: why.reasonCode ?? (why.outcome === 'skipped' ? 'command-missing' : 'unstartable'),
    reason: why.reason,
    forecast: null,
    reproduce: null,
    node: null,
    cycles: 0,
    failedCycles: 0,
    checkpoints: 0,
    durationMs: 0,
    checkpointShare: null,
    etcd: null,
    command: null,
    resources: [],
    suspects: [],
    unexplained: [],
    exit: null,
    profile: null,
    guard: null,
    limits: [],
    crash: null,
    faults: [],
    load: null,
    cycleUnit: 'cycle',
    events: [],
    recordings: [],
  }
}

/** The exit code for a set of runs: the first of 3, 4, 2, 0 that occurs. */
export function exitCodeOf({ runs }: Pick<Results, 'runs'>): number {
  const has = (outcome: Outcome) => runs.some((run) => run.outcome === outcome)
  if (has('fail')) return 3
  if (has('inconclusive')) return 4
  return has('error') || !has('pass') ? 2 : 0
}
