/** The page of a history: growth per resource, run by run, and the run in which it changed. */
import type { History, HistoryOfResource } from '../../harness/model.ts'
import { rate } from '../format.ts'
import { changesOf, historyHeadline, isTelling, runName } from '../history.ts'
import type { Chart, Series } from './chart.ts'
import { type Html, html } from './html.ts'
import { badge, type Charts, figure, idOf, pageOf, scrolling, switches } from './page.ts'

type Scenario = History['scenarios'][number]
type Known = { i: number; point: NonNullable<HistoryOfResource['points'][number]> }

const known = ({ points }: HistoryOfResource): Known[] => points.flatMap((point, i) => (point ? [{ i, point }] : []))

/** The commit, where it tells the runs apart; else when. */
const shortName = ({ revision, startedAt }: History['runs'][number], byRevision: boolean): string =>
  byRevision && revision ? revision.slice(0, 7) : startedAt.slice(5, 16).replace('T', ' ')

function chartOf({ runs }: History, resource: HistoryOfResource): Chart | null {
  const all = known(resource)
  if (all.length === 0) return null
  const of = (
    label: string,
    look: Series['look'],
    y: (one: Known) => number | null,
    colour: Series['colour'] = 'ink',
  ): Series => {
    const shown = all.flatMap((one) => {
      const value = y(one)
      return value === null ? [] : [{ x: one.i, y: value }]
    })
    return { label, look, colour, x: shown.map(({ x }) => x), t: [], y: shown.map(({ y }) => y) }
  }
  const byRevision = new Set(runs.map(({ revision }) => revision)).size === runs.length
  const changed = all.filter(({ point: { change } }) => change === 'regressed' || change === 'improved')
  const leaking = ({ point }: Known) => (point.verdict === 'leaking' ? point.trend.growthPerCycle : null)
  return {
    name: resource.name,
    unit: resource.unit,
    series: [
      // Of what is clean the interval is what could have been missed, not what grew.
      of(
        '95 % low',
        'low',
        ({ point: { verdict, trend } }) => (verdict === 'clean' ? trend.growthPerCycle : trend.low),
        'bad',
      ),
      of(
        '95 % high',
        'high',
        ({ point: { verdict, trend } }) => (verdict === 'clean' ? trend.growthPerCycle : trend.high),
        'bad',
      ),
      of('growth', 'line', ({ point }) => point.trend.growthPerCycle),
      of('leaking', 'large', leaking, 'bad'),
    ],
    shade: null,
    marks: changed.map(({ i, point }) => ({ x: i, t: 0, text: point.change as string })),
    labels: runs.map((run) => ({ short: shortName(run, byRevision), long: runName(run) })),
  }
}

function section(history: History, { scenario, title, cycleUnit, verdicts, resources }: Scenario, drawn: Charts): Html {
  const id = idOf(scenario)
  const sorted = resources.toSorted((a, b) => Number(isTelling(b)) - Number(isTelling(a)))
  const all = sorted.flatMap((resource) => {
    const chart = chartOf(history, resource)
    return chart ? [{ chart, resource }] : []
  })
  const changes = resources.filter(isTelling).flatMap((resource) => changesOf(history, resource, cycleUnit))
  const figures = all.map(({ chart, resource }) => {
    const place = `${id}/${resource.name}`
    drawn.set(place, chart)
    const last = resource.points.findLast((point) => point !== null)
    return figure(
      place,
      chart,
      last?.verdict ? badge(last.verdict) : null,
      `Growth per ${cycleUnit} of ${resource.name} over ${history.runs.length} runs`,
    )
  })
  const shown = sorted.filter(({ level }) => level !== 'off')
  const rows = history.runs.map((run, i) => {
    const cells = shown.map(({ points, unit }) => {
      const point = points[i]
      return html`<td class="n">${point ? rate(point.trend.growthPerCycle, unit) : '–'}</td>`
    })
    return html`<tr><th scope="row">${runName(run)}</th><td>${verdicts[i] ?? '–'}</td>${cells}</tr>`
  })
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${scenario}</h2><p class="dim">${title}</p>
${changes.length > 0 ? html`<ul class="suspects">${changes.map((text) => html`<li>${text}</li>`)}</ul>` : html`<p>No growth changed.</p>`}
${switches(
  all.map(({ chart }) => chart),
  id,
)}<div class="charts">${figures}</div>
<details><summary>Growth per ${cycleUnit} of ${scenario} as a table</summary>${scrolling(
    `Growth per ${cycleUnit} of ${scenario}`,
    html`<table><thead><tr><th scope="col">run</th><th scope="col">verdict</th>${shown.map(({ name }) => html`<th scope="col" class="n">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`,
  )}</details></section>`
}

export function renderHistory(history: History): string {
  const charts: Charts = new Map()
  const index = history.scenarios.map(({ scenario, cycleUnit, verdicts, resources }) => {
    // Counts say more than memory, and the first of them most.
    const told = resources.filter(isTelling).toSorted((a, b) => Number(a.unit === 'bytes') - Number(b.unit === 'bytes'))
    const changes = told.slice(0, 1).flatMap((resource) => changesOf(history, resource, cycleUnit))
    return html`<li><a href="#${idOf(scenario)}">${badge(verdicts.findLast((verdict) => verdict !== null) ?? null)}<span class="what"><strong>${scenario}</strong><span class="why">${changes.at(-1) ?? 'No growth changed.'}</span></span></a></li>`
  })
  const [first, last] = [history.runs[0], history.runs.at(-1)]
  return pageOf({
    title: historyHeadline(history),
    header: html`<h1>${historyHeadline(history)}</h1><p class="dim">${first && last ? `${runName(first)} to ${runName(last)}` : ''}</p><ul class="index">${index}</ul>`,
    main: history.scenarios.map((scenario) => section(history, scenario, charts)),
    charts,
  })
}
