/** A summary in Markdown: what a pull request, or the summary of a job, shows. */
import type { Report, Results, Run } from '../harness/model.ts'
import { amount, duration, plural, rate } from './format.ts'
import { loadLine } from './load.ts'
import { sourceLines } from './suspects.ts'
import { baselineNotes, headline, notRunWord, outcomeWord } from './words.ts'

/** Nothing in a text is markup, a mention or a link. */
export const md = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]<>()#+!|~&$-]/g, (character) => `\\${character}`)
    .replaceAll('@', '&#64;')
    .replace(/(https?|www)(:|\\?\.)/gi, '$1\u200b$2')
    .replaceAll('\n', ' ')

/** As code; longer fences than any run of backticks within. */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

const marks = { pass: '✅', fail: '❌', inconclusive: '❔', error: '❌', skipped: '⏭️' } as const

/** A run that needs a reader: why, what grows, and the line that makes it. */
function details(run: Run): string {
  const leaks = run.resources.filter(({ verdict, level }) => verdict === 'leaking' && level !== 'off')
  const [suspect] = run.suspects
  const grown = table(
    ['resource', `growth per ${run.cycleUnit}`, '95 % interval', 'budget', 'start → end'],
    leaks.map(({ name, unit, growthPerCycle, low, high, budget, start, end, accepted, level }) => [
      `${md(name)}${accepted ? ' (accepted)' : level === 'warn' ? ' (warns)' : ''}`,
      growthPerCycle === null ? '–' : rate(growthPerCycle, unit),
      low === null || high === null ? '–' : `${rate(low, unit)} to ${rate(high, unit)}`,
      budget === null ? '–' : rate(budget, unit),
      start === null || end === null ? '–' : `${amount(start, unit)} → ${amount(end, unit)}`,
    ]),
  )
  return [
    `### ${md(run.scenario)}: ${run.verdict ?? notRunWord(run)}`,
    `${md(run.reason)}${run.forecast ? ` **${md(run.forecast)}**` : ''}`,
    ...(leaks.length > 0 ? [grown] : []),
    ...(run.load ? [md(`Under load: ${loadLine(run.load)}.`)] : []),
    ...(suspect ? [md(suspect.sentence)] : []),
    ...(suspect?.source
      ? [
          fenced(
            sourceLines(suspect.source)
              .map(({ text }) => text)
              .join('\n'),
          ),
        ]
      : []),
    ...(run.reproduce ? [`Again: ${inline(run.reproduce)}`] : []),
  ].join('\n\n')
}
const inline = (text: string): string => {
  const ticks = '`'.repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)))
  return `${ticks} ${text.replaceAll('\n', ' ')} ${ticks}`
}

const environment = ({ tool, host, startedAt, revision }: Results): string =>
  md(
    `holdwater ${tool}, Node ${host.node}, ${host.os}, ${plural(host.cores, 'core')}, ${startedAt.slice(0, 16).replace('T', ' ')} UTC${revision ? `, commit ${revision.slice(0, 12)}` : ''}`,
  )

/** What fails, what leaks as it should, and what passes with something to know. */
const isToRead = ({ outcome, verdict, reason, resources, exit, load }: Run): boolean =>
  outcome !== 'pass' ||
  /^Smoke test/.test(reason) ||
  verdict === 'leaking' ||
  exit?.left === false ||
  load?.throughput?.decays === true ||
  resources.some(
    ({ accepted, reasonCode, level, verdict }) =>
      accepted ||
      (level === 'error' && ['within-total', 'within-reach', 'not-judged'].includes(reasonCode ?? '')) ||
      (level === 'warn' && verdict === 'leaking'),
  )

export function renderMarkdown({ results }: Report): string {
  const { runs } = results
  const rows = runs.map((run) => [
    `${marks[run.outcome]} ${outcomeWord(run)}`,
    md(run.scenario),
    run.verdict ?? notRunWord(run),
    run.cycles > 0
      ? `${run.cycleUnit === 'cycle' ? `${plural(run.cycles, 'cycle')}, ` : ''}${duration(run.durationMs)}`
      : '–',
  ])
  const toRead = runs.filter(isToRead)
  return `${[
    `## ${md(headline(runs))}`,
    table(['outcome', 'scenario', 'verdict', 'ran'], rows),
    ...baselineNotes(results).map((text) => `> ${md(text)}`),
    ...toRead.map(details),
    environment(results),
  ].join('\n\n')}\n`
}
