/** How a server did under load, beside what it held: a row of numbers, and two charts over the same cycles. */
import { type LoadLine, measuredLoads, type Recording, type Run } from '../../harness/model.ts'
import { loadCells, loadText } from '../load.ts'
import { bandsOf, type Chart, marksOf, seriesOf } from './chart.ts'
import { type Html, html } from './html.ts'
import { scrolling } from './page.ts'
import { thinned } from './thin.ts'

export function loadTable({ load, scenario }: Run): Html | null {
  if (!load) return null
  const cells = loadCells(load)
  return html`<h3>Load</h3>${scrolling(
    `Load of ${scenario}`,
    html`<table><thead><tr>${cells.map(([name]) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody><tr>${cells.map(([, value]) => html`<td>${value}</td>`)}</tr></tbody></table>`,
  )}<p class="dim">${loadText(load)}</p>`
}

/** Empty where there was no load. */
export function loadCharts(recording: Recording): { chart: Chart; text: string }[] {
  const loads = measuredLoads(recording)
  if (loads.length === 0) return []
  const line = (label: string, colour: 'ink' | 'bad', of: (line: LoadLine) => number | null) => {
    const all = loads.flatMap((at) => {
      const value = of(at)
      return value === null ? [] : [{ cycles: at.cycles, ms: at.ms, value }]
    })
    const kept = thinned(all.map(({ value }) => value)).map((i) => all[i] as (typeof all)[number])
    return seriesOf(label, 'line', colour, kept)
  }
  const common = { unit: 'count' as const, fine: true, shade: null, marks: marksOf(recording), ...bandsOf(recording) }
  const charts: Chart[] = [
    {
      ...common,
      name: 'requests per second',
      series: [line('throughput', 'ink', (at) => (at.requests / at.tookMs) * 1000)],
    },
    {
      ...common,
      name: 'latency, ms',
      series: [
        line('half below', 'ink', ({ latency }) => latency?.p50 ?? null),
        line('99 % below', 'bad', ({ latency }) => latency?.p99 ?? null),
      ],
    },
  ]
  return charts
    .map((chart) => ({ ...chart, series: chart.series.filter(({ x }) => x.length > 0) }))
    .filter(({ series }) => series.length > 0)
    .map((chart) => ({ chart, text: `Chart of ${chart.name}` }))
}
