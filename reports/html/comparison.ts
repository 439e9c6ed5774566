/** The page of a comparison: what changed, both runs over each other, and what is suspected of it. */
import type { Comparison, Recording, RunChange } from '../../harness/model.ts'
import {
  changeText,
  comparisonHeadline,
  growth,
  notesOf,
  type ResourceChange,
  runChangeSentence,
} from '../comparison.ts'
import { rate } from '../format.ts'
import { notRunWord } from '../words.ts'
import { type Chart, chartOf, type Series } from './chart.ts'
import { type Html, html } from './html.ts'
import { badge, type Charts, figure, idOf, pageOf, scrolling, switches } from './page.ts'
import { environment } from './report.ts'
import { suspectItem } from './run.ts'

type Side = 'base' | 'head'

/** A run's checkpoints and its trend, in the colour of its side. */
function seriesOf(recording: Recording, resource: ResourceChange[Side], side: Side): Series[] {
  const chart = chartOf(recording, resource)
  return (chart?.series ?? []).flatMap((series) => {
    if (series.look === 'points')
      return [{ ...series, label: side.toUpperCase(), colour: side, look: 'points' as const }]
    if (series.label === 'trend') return [{ ...series, label: `trend of ${side.toUpperCase()}`, colour: side }]
    return []
  })
}

function overlaid({ name, unit, base, head }: ResourceChange, before: Recording, after: Recording): Chart | null {
  const series = [...seriesOf(before, base, 'base'), ...seriesOf(after, head, 'head')]
  return series.length > 0 ? { name, unit, series, shade: null, marks: [] } : null
}

/** What a reader looks for first: what changed, then what still leaks. */
const shownFirst = ({ change, head }: ResourceChange) =>
  change === 'regressed' || change === 'improved' ? 0 : head.verdict === 'leaking' ? 1 : head.level === 'error' ? 2 : 3
const inOrder = (all: readonly ResourceChange[]) =>
  all.toSorted((a, b) => shownFirst(a) - shownFirst(b) || Number(a.level !== 'error') - Number(b.level !== 'error'))

function charts(run: RunChange, { base, head }: Comparison, drawn: Charts): Html | null {
  const [before, after] = [base.recordings.get(run.scenario), head.recordings.get(run.scenario)]
  if (!before || !after)
    return html`<p class="dim">No charts: the recordings of both runs are not beside their results.</p>`
  const all = inOrder(run.resources).flatMap((resource) => {
    const chart = overlaid(resource, before, after)
    return chart ? [{ chart, resource }] : []
  })
  if (all.length === 0) return null
  const figures = all.map(({ chart, resource }) => {
    const id = `${idOf(run.scenario)}/${resource.name}`
    drawn.set(id, chart)
    return figure(
      id,
      chart,
      badge(resource.change),
      `Chart of ${resource.name} in both runs: ${changeText(resource, run.head.cycleUnit)}`,
    )
  })
  return html`<h3>Charts</h3>${switches(
    all.map(({ chart }) => chart),
    idOf(run.scenario),
  )}<div class="charts">${figures}</div>`
}

function row(resource: ResourceChange): Html {
  const { name, unit, level, change, base, head, difference, undecided } = resource
  const side = (of: ResourceChange[Side]) =>
    html`<td class="n">${growth(of)}<br><span class="dim">${of.verdict ?? 'recorded'}</span></td>`
  const interval = difference
    ? html`${rate(difference.growthPerCycle, unit)}<br><span class="dim">${rate(difference.low, unit)} to ${rate(difference.high, unit)}</span>`
    : '–'
  return html`<tr class="${level === 'error' ? '' : 'quiet'}"><th scope="row">${name}</th><td>${badge(change)}${level === 'warn' ? ' (warns)' : ''}</td>
${side(base)}${side(head)}<td class="n">${interval}</td><td class="why">${undecided ?? ''}</td></tr>`
}

const suspectList = (title: string, suspects: RunChange['newSuspects']): Html | null =>
  suspects.length > 0
    ? html`<h3>${title}</h3><ol class="suspects">${suspects.map((suspect) => suspectItem(suspect))}</ol>`
    : null

function side(run: RunChange[Side], name: Side): Html {
  return html`<div><h3><span class="swatch ${name}"></span>${name.toUpperCase()}: ${run.verdict ?? notRunWord(run)}</h3><p>${run.reason}</p>${run.forecast ? html`<p class="forecast">${run.forecast}</p>` : null}
${run.reproduce ? html`<pre tabindex="0" role="region" aria-label="The command of ${name.toUpperCase()}">${run.reproduce}</pre>` : null}${run.command ? html`<p class="dim">It soaked <code>${run.command.join(' ')}</code></p>` : null}</div>`
}

function section(run: RunChange, comparison: Comparison, drawn: Charts): Html {
  const id = idOf(run.scenario)
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${run.scenario}</h2><p class="dim">${run.title}</p>
<p class="verdict ${run.change.replace(' ', '-')}">${runChangeSentence(run)}</p>
<div class="sides">${side(run.base, 'base')}${side(run.head, 'head')}</div>
${suspectList('New suspects', run.newSuspects)}${suspectList('Gone suspects', run.goneSuspects)}
${charts(run, comparison, drawn)}
<h3>Resources</h3>${scrolling(
    `Changes of ${run.scenario}`,
    html`<table><thead><tr><th scope="col">resource</th><th scope="col">change</th><th scope="col" class="n">BASE, per ${run.head.cycleUnit}</th><th scope="col" class="n">HEAD, per ${run.head.cycleUnit}</th><th scope="col" class="n">difference<br>95 % interval</th><th scope="col">why</th></tr></thead><tbody>${inOrder(run.resources).map(row)}</tbody></table>`,
  )}</section>`
}

export function renderComparison(comparison: Comparison): string {
  const charts: Charts = new Map()
  const index = comparison.runs.map(
    (run) =>
      html`<li><a href="#${idOf(run.scenario)}">${badge(run.change)}<span class="what"><strong>${run.scenario}</strong><span class="why">${runChangeSentence(run)}</span></span></a></li>`,
  )
  return pageOf({
    title: comparisonHeadline(comparison),
    header: html`<h1>${comparisonHeadline(comparison)}</h1>
<p class="dim">BASE: ${environment(comparison.base.results)}</p><p class="dim">HEAD: ${environment(comparison.head.results)}</p>
${index.length > 1 ? html`<ul class="index">${index}</ul>` : null}${notesOf(comparison).map((text) => html`<p class="note">${text}</p>`)}`,
    main: comparison.runs.map((run) => section(run, comparison, charts)),
    charts,
  })
}
