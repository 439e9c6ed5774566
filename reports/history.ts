/** Growth over many runs, in words: the same in a terminal, in Markdown and on the page. */
import type { History, HistoryOfResource, Run } from '../harness/model.ts'
import { plural, rate } from './format.ts'
import { md, table } from './markdown.ts'
import { type Paint, wrap } from './terminal.ts'

/** `2026-11-22 03:15, 3fa1c2d` */
export const runName = ({ startedAt, revision }: History['runs'][number]): string =>
  `${startedAt.slice(0, 16).replace('T', ' ')}${revision ? `, ${revision.slice(0, 7)}` : ''}`

/** A resource that changed, or leaks now. */
export const isTelling = ({ level, points }: HistoryOfResource): boolean =>
  level !== 'off' &&
  (points.some((point) => point?.change === 'regressed' || point?.change === 'improved') ||
    points.findLast((point) => point !== null)?.verdict === 'leaking')

/** A sentence for each run in which a resource changed. */
export function changesOf(
  { runs }: History,
  { name, unit, points }: HistoryOfResource,
  per: Run['cycleUnit'],
): string[] {
  let before: number | null = null
  return points.flatMap((point, i) => {
    if (!point) return []
    const from = before
    const isChange = point.change === 'regressed' || point.change === 'improved'
    if (isChange || before === null) before = point.trend.growthPerCycle
    if (!isChange || from === null) return []
    const run = runs[i] as History['runs'][number]
    return [
      `${name} ${point.change} in the run of ${runName(run)}: ${rate(from, unit)} → ${rate(point.trend.growthPerCycle, unit)} per ${per}`,
    ]
  })
}

const allChanges = (history: History) =>
  history.scenarios.flatMap(({ scenario, cycleUnit, resources }) =>
    resources
      .filter(isTelling)
      .flatMap((resource) => changesOf(history, resource, cycleUnit).map((text) => `${scenario}: ${text}`)),
  )

export function historyHeadline(history: History): string {
  const changes = allChanges(history).length
  const what = `${plural(history.runs.length, 'run')}, ${plural(history.scenarios.length, 'scenario')}`
  return `${what}: ${changes === 0 ? 'no growth changed' : `growth changed ${changes === 1 ? 'once' : `${changes} times`}`}`
}

const NAME_WIDTH = 18

export function historyText(history: History, width: number, paint: Paint): string {
  const lines = history.scenarios.flatMap(({ scenario, title, cycleUnit, verdicts, resources }) => {
    const told = resources.filter(isTelling).flatMap((resource) => {
      const last = resource.points.findLast((point) => point !== null)
      const now = `  ${resource.name.padEnd(NAME_WIDTH)} ${rate(last?.trend.growthPerCycle ?? 0, resource.unit)} per ${cycleUnit}, ${last?.verdict ?? 'recorded'}`
      return [
        now.slice(0, width),
        ...changesOf(history, resource, cycleUnit).map((text) =>
          paint('yellow', `    ${wrap(text, width - 4, '      ')}`),
        ),
      ]
    })
    return [
      `${paint('bold', scenario)}  ${title}`,
      ...(told.length > 0
        ? told
        : [
            paint(
              'dim',
              verdicts.at(-1) === null ? '  not judged in the newest run' : '  nothing leaks, and nothing changed',
            ),
          ]),
      '',
    ]
  })
  return [...lines, paint('bold', historyHeadline(history))].join('\n')
}

export function historyMarkdown(history: History): string {
  const changes = allChanges(history)
  const rows = history.scenarios.map(({ scenario, verdicts }) => [
    md(scenario),
    verdicts
      .map((verdict) => (verdict ? { clean: '✔', known: '◆', leaking: '✖', inconclusive: '?' }[verdict] : '·'))
      .join(' '),
  ])
  return `${[
    `## ${md(historyHeadline(history))}`,
    table(['scenario', 'verdicts, oldest first'], rows),
    ...changes.map((text) => `- ${md(text)}`),
  ].join('\n\n')}\n`
}

export const historyJson = (history: History): string =>
  `${JSON.stringify({ schema: 'holdwater-history/1', ...history, runs: history.runs.map(({ startedAt, revision, tool }) => ({ startedAt, revision, tool })) }, null, 1)}\n`
