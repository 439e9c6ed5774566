/** What changed between two runs, in words: the same in a terminal, in Markdown and on the page. */
import type { Change, Comparison, Run, RunChange } from '../harness/model.ts'
import { count, list, plural, rate } from './format.ts'
import { md, table } from './markdown.ts'
import { type Paint, wrap } from './terminal.ts'
import { notRunWord } from './words.ts'

export type ResourceChange = RunChange['resources'][number]

/** By its trend, as the difference is. */
export function growth({ trend, growthPerCycle, unit }: ResourceChange['base']): string {
  const value = trend?.growthPerCycle ?? growthPerCycle
  return value === null ? '–' : rate(value, unit)
}
const sign = (text: string) => (text.startsWith('−') ? text : `+${text}`)
const change = (value: number, { unit }: ResourceChange) => (value === 0 ? '0' : sign(rate(value, unit)))

/** `1.00 → 0 per cycle, −1.00 (95 %: −1.02 to −0.98)` */
export function changeText(resource: ResourceChange, per: Run['cycleUnit']): string {
  const { base, head, difference, undecided } = resource
  const went = `${growth(base)} → ${growth(head)} per ${per}`
  if (undecided) return `${went}; ${undecided}`
  if (!difference) return went
  const interval = `95 %: ${change(difference.low, resource)} to ${change(difference.high, resource)}`
  return `${went}, ${change(difference.growthPerCycle, resource)} (${interval})`
}

/** What is worth a line: what changed, and what could have. */
const telling = ({ resources, change: run }: RunChange): ResourceChange[] =>
  resources.filter(
    ({ change, level, base, head }) =>
      (level !== 'off' && change !== 'unchanged' && change !== 'cannot tell') ||
      (level === 'error' && [base, head].some(({ verdict }) => verdict === 'leaking')) ||
      (run === 'cannot tell' && change === 'cannot tell' && level === 'error' && head.unit === 'count'),
  )

const verbs: Record<Change, string> = {
  regressed: 'Regressed',
  improved: 'Improved',
  unchanged: 'Unchanged',
  'cannot tell': 'Cannot tell',
}

/** One sentence for a scenario. */
export function runChangeSentence(run: RunChange): string {
  const { change, base, head } = run
  const of = (wanted: Change) =>
    run.resources.filter((resource) => resource.level === 'error' && resource.change === wanted)
  const open = [
    ['BASE', base],
    ['HEAD', head],
  ] as const
  const [unfit] = open.filter(([, { verdict }]) => verdict === null || verdict === 'inconclusive')
  if (change === 'cannot tell' && unfit) {
    if (base.verdict === 'inconclusive' && head.verdict === 'inconclusive')
      return `Cannot tell, still inconclusive: ${head.reason}`
    const [side, { verdict, outcome, reason }] = unfit
    return `Cannot tell: ${side} was ${verdict ?? notRunWord({ outcome })}: ${reason}`
  }
  if (change === 'regressed' && of(change).length === 0) return `Regressed: ${head.reason}`
  if (change === 'improved' && of(change).length === 0) return `Improved: it no longer holds its process.`
  const leaks = ({ base, head }: ResourceChange) => Number(base.verdict === 'leaking' || head.verdict === 'leaking')
  const [first, ...further] = of(change).toSorted((a, b) => leaks(b) - leaks(a))
  if (change === 'unchanged' || !first) {
    const leaking = run.resources.filter(({ level, head: { verdict } }) => level === 'error' && verdict === 'leaking')
    const still =
      leaking.length > 0
        ? `: ${list(leaking.map(({ name }) => name))} still ${leaking.length === 1 ? 'leaks' : 'leak'}, as before`
        : ': nothing leaks, as before'
    return `${verbs[change]}${change === 'unchanged' ? still : ''}.`
  }
  const also = further.length > 0 ? `; also ${list(further.map(({ name }) => name))}` : ''
  return `${verbs[change]}: ${first.name} ${changeText(first, head.cycleUnit)}${also}.`
}

/** The two forecasts, where there are any. */
const forecasts = ({ base, head }: RunChange): string[] => {
  if (!base.forecast && !head.forecast) return []
  return [
    `BASE: ${base.forecast ?? 'nothing that grows has a limit.'}`,
    `HEAD: ${head.forecast ?? 'nothing that grows has a limit.'}`,
  ]
}

export function comparisonHeadline({ runs }: Comparison): string {
  const of = (wanted: Change) => runs.filter(({ change }) => change === wanted).length
  const said = (['regressed', 'cannot tell', 'improved', 'unchanged'] as const)
    .filter((wanted) => of(wanted) > 0)
    .map((wanted) => `${count(of(wanted))} ${wanted}`)
  if (runs.length === 1) return `${runs[0]?.scenario}: ${runs[0]?.change}`
  return `${plural(runs.length, 'scenario')} compared: ${list(said)}`
}

/** What only one side has, what neither could run, and in what they differ beside the code. */
export const notesOf = ({ onlyInBase, onlyInHead, skipped, mismatch, runs }: Comparison): string[] => [
  ...(onlyInBase.length > 0 ? [`Only in BASE: ${list(onlyInBase)}.`] : []),
  ...(onlyInHead.length > 0 ? [`Only in HEAD: ${list(onlyInHead)}.`] : []),
  ...(skipped.length > 0 ? [`Skipped in both: ${list(skipped)}.`] : []),
  ...runs.flatMap((run) =>
    run.onlyInBase.length > 0 ? [`${run.scenario}: HEAD does not have ${list(run.onlyInBase)}.`] : [],
  ),
  ...mismatch.map((text) => `BASE ${text}: growth may differ for that alone.`),
]

const colours = { regressed: 'red', improved: 'green', unchanged: 'dim', 'cannot tell': 'yellow' } as const
const marks = { regressed: '✖', improved: '✔', unchanged: '=', 'cannot tell': '?' } as const
const NAME_WIDTH = 18

export function comparisonText(comparison: Comparison, width: number, paint: Paint): string {
  const of = (run: RunChange): string => {
    const lines = telling(run).map((resource) => {
      const text = `${resource.name.padEnd(NAME_WIDTH)} ${changeText(resource, run.head.cycleUnit)}${resource.level === 'warn' ? ' (warns)' : ''}`
      return paint(colours[resource.change], `  ${marks[resource.change]} ${wrap(text, width - 4, '      ')}`)
    })
    const suspects = [
      ...run.newSuspects.map(({ sentence }) => `new suspect: ${sentence}`),
      ...run.goneSuspects.map(({ sentence }) => `gone: ${sentence}`),
    ]
    return [
      wrap(`${paint('bold', run.scenario)}  ${run.title}`, width, '  '),
      `  ${paint(colours[run.change], wrap(runChangeSentence(run), width - 2, '  '))}`,
      ...lines,
      ...forecasts(run).map((text) => `  ${wrap(text, width - 2, '    ')}`),
      ...suspects.map((text) => `  ${wrap(text, width - 2, '    ')}`),
      '',
    ].join('\n')
  }
  return [
    ...comparison.runs.map(of),
    ...notesOf(comparison).map((text) => wrap(text, width, '  ')),
    paint('bold', comparisonHeadline(comparison)),
  ].join('\n')
}

export function comparisonMarkdown(comparison: Comparison): string {
  const sections = comparison.runs.map((run) => {
    const rows = telling(run).map((resource) => [
      `${marks[resource.change]} ${resource.change}`,
      md(resource.name),
      md(changeText(resource, run.head.cycleUnit)),
    ])
    return [
      `### ${md(run.scenario)}: ${run.change}`,
      md(runChangeSentence(run)),
      ...(rows.length > 0 ? [table(['change', 'resource', 'growth'], rows)] : []),
      ...forecasts(run).map(md),
      ...run.newSuspects.map(({ sentence }) => `- new suspect: ${md(sentence)}`),
      ...run.goneSuspects.map(({ sentence }) => `- gone: ${md(sentence)}`),
    ].join('\n\n')
  })
  return `${[`## ${md(comparisonHeadline(comparison))}`, ...sections, ...notesOf(comparison).map(md)].join('\n\n')}\n`
}

/** For machines: the changes, without the runs themselves, which have a results.json. */
export const comparisonJson = ({ base, head, runs, onlyInBase, onlyInHead, mismatch }: Comparison): string => {
  const side = ({ results: { tool, startedAt, revision } }: Comparison['base']) => ({ tool, startedAt, revision })
  const scenarios = runs.map((run) => ({
    scenario: run.scenario,
    change: run.change,
    reason: runChangeSentence(run),
    resources: run.resources.map(({ name, unit, level, change, base, head, difference, undecided }) => ({
      name,
      unit,
      level,
      change,
      base: base.trend,
      head: head.trend,
      difference,
      undecided,
    })),
    newSuspects: run.newSuspects.map(({ sentence }) => sentence),
    goneSuspects: run.goneSuspects.map(({ sentence }) => sentence),
  }))
  return `${JSON.stringify({ schema: 'holdwater-comparison/1', base: side(base), head: side(head), scenarios, onlyInBase, onlyInHead, mismatch }, null, 2)}\n`
}
