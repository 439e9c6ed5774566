/** What a person sees in a terminal: text only; colours and screen control are the caller's. */
import stringWidth from 'string-width'
import {
  type Baseline,
  type HeaderLine,
  type Plan,
  type Recording,
  type Results,
  type Run,
  UNSAID,
  type Undecided,
} from '../harness/model.ts'
import { limitsText } from './crash.ts'
import { amount, count, duration, list, oneIn, plural, rate, signed, sparkline } from './format.ts'
import { loadLine } from './load.ts'
import { sourceLines } from './suspects.ts'
import { baselineNotes, holdingText, notRunWord, outcomeAfter, outcomeWord } from './words.ts'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'
/** Colours a text, or leaves it. */
export type Paint = (style: Style, text: string) => string

const NAME_WIDTH = 18
/** Of the stack of a failed cycle. */
const MOST_FRAMES = 3
const untils = { verdict: ', until the verdict is certain', end: '', crash: ', or nothing can grow' } as const
const colours = { pass: 'green', fail: 'red', inconclusive: 'yellow', error: 'red', skipped: 'yellow' } as const
const marks = { clean: '✔', known: '◆', leaking: '✖', inconclusive: '?' } as const

const providers = { url: 'an etcd that was already running', docker: 'in a container', local: 'the etcd on the PATH' }

/** Wraps words to a width; later lines are indented. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && stringWidth(line) + 1 + stringWidth(word) > width - (lines.length > 0 ? indent.length : 0)) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, line].join(`\n${indent}`)
}

/** Wraps each line of a text to a width; what goes on is indented further than it begins. */
export const wrapLines = (text: string, width: number): string =>
  text.replace(/^( *)(.*)$/gm, (line, lead: string, words: string) =>
    stringWidth(line) <= width ? line : `${lead}${wrap(words, width - lead.length, `${lead}  `)}`,
  )

/** Which etcd, why not the ones tried before it, and what it cannot bear. */
function etcdText(
  { version, provider, endpoints, passedOver, pace }: NonNullable<HeaderLine['etcd']>,
  { cycleMark }: HeaderLine['plan'],
): string {
  const why = passedOver.length > 0 ? `; ${passedOver.join('; ')}` : ''
  // A command has a pace of its own.
  const paced = pace === null || cycleMark ? '' : `; through a published port, so at most ${pace} cycles a second`
  return `etcd ${version}: ${providers[provider]}, ${endpoints.join(', ')}${paced}${why}`
}

/** The lines before a run: what is soaked, on what. */
export function startText({ plan, etcd, limits }: HeaderLine, width: number, paint: Paint): string {
  const { cycles, forMs, quick, mostMs } = plan.length
  const length = [cycles && plural(cycles, 'cycle'), forMs && duration(forMs)].filter(Boolean).join(' or ')
  return [
    wrap(`${paint('bold', plan.scenario.name)}  ${plan.scenario.title}`, width, '  '),
    ...(etcd ? [`  ${wrap(etcdText(etcd, plan), width - 2, '  ')}`] : []),
    ...(limits.length > 0 ? [`  ${wrap(`under a limit of ${limitsText(limits)}`, width - 2, '  ')}`] : []),
    `  ${wrap(`${plan.endless ? 'until it crashes' : `up to ${length} after the warm-up${mostMs === null ? '' : ` (${duration(mostMs)} while undecided)`}`}${untils[plan.until]}${quick ? ' (--quick: a smoke test)' : ''}${plan.concurrency > 1 ? `; ${count(plan.concurrency)} at a time` : ''}; Node ${plan.node.version}`, width - 2, '  ')}`,
  ].join('\n')
}

export type Standing = {
  phase: string
  cycles: number
  failed: number
  /** What is done to the server now. */
  fault: string | null
  cyclesPerSecond: number | null
  msLeft: number | null
  undecided: boolean
}

/**
 * How long a run that goes on until it knows takes: `110 cycles per second: about 2 min 10 s to rule out a leak of one in 1,000 cycles`.
 * @param plan what was asked for, and how long a run may take by itself
 */
export function outlookText(
  { cyclesPerSecond, ms, resolution }: { cyclesPerSecond: number; ms: number; resolution: number },
  { resolution: asked, length: { mostMs } }: Pick<Plan, 'resolution' | 'length'>,
  width: number,
): string {
  const often = cyclesPerSecond < 10 ? Number(cyclesPerSecond.toPrecision(2)) : count(cyclesPerSecond)
  const pace = `${often} ${often === 1 ? 'cycle' : 'cycles'} per second`
  const takes = `about ${duration(ms)} to rule out a leak of ${oneIn(resolution)}`
  const isTooLong = mostMs !== null && ms > mostMs
  const remedy = isTooLong
    ? `, more than the ${duration(mostMs)} of a run: --for ${Math.ceil(ms / MINUTE_MS)}m takes it`
    : resolution > asked
      ? ` (${oneIn(asked)} would take longer; --resolution asks for it all the same)`
      : ''
  return `  ${wrap(`${pace}: ${takes}${remedy}`, width - 2, '  ')}`
}
const MINUTE_MS = 60_000

/** One line of progress. */
export function progressLine({ phase, cycles, failed, fault, cyclesPerSecond, msLeft, undecided }: Standing): string {
  const parts = [
    phase === 'run' ? '' : phase,
    plural(cycles, 'cycle'),
    failed > 0 ? `${count(failed)} failed` : '',
    fault ?? '',
    cyclesPerSecond && phase === 'run' ? `${count(cyclesPerSecond)} per second` : '',
    msLeft === null ? '' : undecided ? `undecided, ${duration(msLeft)} left at most` : `${duration(msLeft)} left`,
  ]
  return `  ${parts.filter(Boolean).join(' · ')}`
}

/** The live block: a line of progress and a line a resource, with a sparkline of its checkpoints. */
export function progressBlock(
  standing: Standing,
  { header, checkpoints }: Recording,
  width: number,
  paint: Paint,
): string {
  const lines = header.plan.resources.flatMap(({ name, unit, level }) => {
    const values = checkpoints.flatMap(({ readings }) => readings[name] ?? [])
    const [first, last] = [values[0], values.at(-1)]
    if (first === undefined || last === undefined) return []
    const grown = last === first ? '' : signed(last - first, unit)
    const text = `  ${name.padEnd(NAME_WIDTH)}${amount(last, unit).padStart(9)} ${grown.padStart(9)}  `
    const line = text + sparkline(values, Math.max(10, Math.min(40, width - text.length - 1)))
    return [level === 'error' ? line : paint('dim', line)]
  })
  return [progressLine(standing).slice(0, width), ...lines].join('\n')
}

/** `✖ workers     1.00/cycle  2 → 104` */
function growthLine(
  { name, unit, growthPerCycle, start, end, level, accepted }: Run['resources'][number],
  per: Run['cycleUnit'],
): string {
  const growth = growthPerCycle === null ? '' : `${rate(growthPerCycle, unit)}/${per}`
  const went = start === null || end === null ? '' : `${amount(start, unit)} → ${amount(end, unit)}`
  return `  ${marks.leaking} ${name.padEnd(NAME_WIDTH)}${growth.padStart(14)}   ${went}${accepted ? '  (accepted)' : level === 'warn' ? '  (warns)' : ''}`
}

/** The lines after a run: the verdict as a sentence, then what it rests on. */
export function runText(run: Run, width: number, paint: Paint): string {
  const head = run.verdict ? `${marks[run.verdict]} ${run.verdict}` : `✖ ${notRunWord(run)}`
  const colour = colours[run.outcome]
  const indent = '  '
  const told = [
    `  ${paint(colour, head)}${paint('dim', outcomeAfter(run))}`,
    `  ${wrap([run.reason, run.forecast].filter(Boolean).join(' '), width - 2, indent)}`,
  ]
  for (const resource of run.resources)
    if (resource.verdict === 'leaking')
      told.push(paint(resource.accepted ? 'dim' : 'red', growthLine(resource, run.cycleUnit).slice(0, width)))
  told.push(...suspectTexts(run, width, paint))
  if (run.exit?.left === false) {
    told.push(paint('dim', '  What holds the process after its teardown:'))
    for (const text of holdingText(run.exit).slice(0, MOST_HOLDING))
      told.push(paint('dim', `    ${wrap(text, width - 4, '      ')}`))
  }
  if (run.profile) told.push(paint('dim', `  ${wrap(profileText(run.profile), width - 2, indent)}`))
  const undecided = run.resources.filter(({ verdict, level }) => verdict === 'inconclusive' && level === 'error')
  if (undecided.length > 0 && run.resources.some(({ verdict }) => verdict !== 'inconclusive'))
    told.push(paint('dim', `  ${wrap(`not decided: ${list(undecided.map(({ name }) => name))}`, width - 2, indent)}`))
  const unread = run.resources.filter(({ reasonCode }) => reasonCode === 'not-read').map(({ name }) => name)
  if (unread.length > 0) told.push(paint('dim', `  ${wrap(`not read: ${list(unread)}`, width - 2, indent)}`))
  if (run.exit?.stderrTail) told.push(paint('dim', run.exit.stderrTail.replace(/^/gm, '  │ ')))
  const failure = run.events.find(({ kind }) => kind === 'failed-cycle')
  if (failure && !run.crash) {
    if (run.reasonCode !== 'failed-cycles')
      told.push(paint('dim', `  ${wrap(`failed: ${failure.text}`, width - 2, indent)}`))
    for (const frame of (failure.stack ?? '').split('\n').filter(Boolean).slice(0, MOST_FRAMES))
      told.push(paint('dim', `    ${frame.trim()}`))
  }
  if (run.load) told.push(paint('dim', `  ${wrap(loadLine(run.load), width - 2, indent)}`))
  if (run.cycles > 0) {
    const cycles = run.cycleUnit === 'cycle' ? [plural(run.cycles, 'cycle')] : []
    const facts = [...cycles, duration(run.durationMs), plural(run.checkpoints, 'checkpoint')]
    if (run.failedCycles > 0) facts.splice(1, 0, `${count(run.failedCycles)} failed`)
    if (run.checkpointShare !== null) facts.push(`checkpoints took ${Math.round(run.checkpointShare * 100)} %`)
    told.push(paint('dim', `  ${facts.join(' · ')}`))
  }
  return told.join('\n')
}

const profileText = ({ tool, path, reason }: NonNullable<Run['profile']>): string =>
  path ? `profile of Clinic.js ${tool}: ${path}, beside the reports` : `no profile of Clinic.js ${tool}: ${reason}`

/** Suspects that a person reads before looking at the page. */
const MOST_SUSPECTS = 3
const MOST_HOLDING = 5

/** Where it is made: a sentence a suspect, and the source line of the first. */
function suspectTexts({ suspects, unexplained }: Run, width: number, paint: Paint): string[] {
  const told = suspects.slice(0, MOST_SUSPECTS).flatMap((suspect, i) => {
    const text = `  ${paint('bold', `${i + 1}.`)} ${wrap(suspect.sentence, width - 5, '     ')}`
    const source = i === 0 && suspect.source ? sourceLines(suspect.source) : []
    return [text, ...source.map(({ text, at }) => paint(at ? 'bold' : 'dim', `     ${text}`.slice(0, width)))]
  })
  const more = suspects.length - MOST_SUSPECTS
  return [
    ...(suspects.length > 0 ? ['  Suspects, by what each adds per cycle:'] : []),
    ...told,
    ...(more > 0 ? [paint('dim', `     and ${plural(more, 'further suspect')}, in the reports`)] : []),
    ...unexplained.map((text) => paint('dim', `  ${wrap(text, width - 2, '  ')}`)),
  ]
}

/** What there is to say of a scenario that is about something which is not here. */
export const skippedText = (run: Run, width: number, paint: Paint): string =>
  `${paint('bold', run.scenario)}  ${run.title}\n  ${paint('yellow', 'skipped')}: ${wrap(run.reason, width - 11, '  ')}`

/** The last lines: every scenario in one line, and where the reports are. */
export function endText(results: Results, files: readonly string[], width: number, paint: Paint): string {
  const name = Math.max(...results.runs.map(({ scenario }) => stringWidth(scenario)))
  const padded = (scenario: string) => scenario + ' '.repeat(name - stringWidth(scenario))
  const lines = results.runs.map((run) => {
    const plain = `${padded(run.scenario)}  ${(run.verdict ?? notRunWord(run)).padEnd(12)}  ${outcomeWord(run)}`
    const line = paint(colours[run.outcome], plain.slice(0, width))
    // Of many runs, what was said of this one is far above, or cut from the log.
    const isToldAgain = results.runs.length > 1 && run.outcome !== 'pass'
    return isToldAgain ? `${line}\n${wrapLines(run.reason.replace(/^/gm, '  '), width)}` : line
  })
  const of = (outcome: Run['outcome']) => results.runs.filter((run) => run.outcome === outcome).length
  const tally = (['pass', 'fail', 'inconclusive', 'error', 'skipped'] as const)
    .filter((outcome) => of(outcome) > 0)
    .map((outcome) => `${of(outcome)} ${outcome}`)
  const notes = baselineNotes(results).map((text) => paint('yellow', wrap(text, width, '  ')))
  return [...lines, '', `${tally.join(', ')}`, ...notes, ...files.map((file) => paint('dim', file))].join('\n')
}

/** What was saved, and what somebody has to do about it. */
export function savedText(path: string, { scenarios, saved }: Baseline): string {
  const all = Object.values(scenarios).flatMap((resources) => Object.values(resources))
  const [unsaid, over] = [all.filter(({ reason }) => reason === UNSAID), all.filter(({ until }) => until < saved)]
  const what = [
    all.length === 0 ? 'nothing to accept' : `${plural(all.length, 'growth')} accepted`,
    unsaid.length > 0 ? `of ${unsaid.length} it has yet to say why: write a \`reason\`, and until when` : '',
    over.length > 0 ? `${over.length} past the day they were accepted until` : '',
  ]
  return `Baseline ${path}: ${[plural(Object.keys(scenarios).length, 'scenario'), ...what.filter(Boolean)].join(', ')}`
}

/** What of a scenario a baseline that was saved has not got from this run, as nothing could be told of it. */
export function undecidedText({ scenario, kept, missing }: Undecided): string {
  const told = (names: readonly string[]) =>
    `${list(names)} ${names.length === 1 ? 'was' : 'were'} not decided in this run`
  const them = (names: readonly string[]) => (names.length === 1 ? 'it' : 'them')
  const texts = [
    ...(missing.length > 0 ? [`${told(missing)}: the baseline accepts nothing of ${them(missing)}`] : []),
    ...(kept.length > 0 ? [`${told(kept)}: the baseline keeps what it had of ${them(kept)}`] : []),
  ]
  return `${scenario}: ${texts.join('; ')}`
}
