/** A curve as small as a word. */
import type { Recording, ResourceResult } from '../../harness/model.ts'
import { amount } from '../format.ts'
import { plainLine } from '../plain.ts'
import { readingsOf } from './chart.ts'
import { type Html, html, raw } from './html.ts'
import { thinned } from './thin.ts'

const [WIDTH, HEIGHT] = [120, 28]
const STRETCHES = 30

export function sparklineOf(recording: Recording, resource: ResourceResult): Html | null {
  const { judged } = readingsOf(recording, resource)
  const run = judged.filter(({ phase }) => phase === 'run')
  const [first, last] = [run[0], run.at(-1)]
  if (!first || !last || run.length < 2) return null
  const shown = thinned(
    run.map(({ value }) => value),
    STRETCHES,
  ).map((i) => run[i] as typeof first)
  const values = shown.map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const x = (cycles: number) => ((cycles - first.cycles) / (last.cycles - first.cycles || 1)) * WIDTH
  const y = (value: number) => (high === low ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4))
  const points = shown.map(({ cycles, value }) => `${x(cycles).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
  const text = `${plainLine(resource.name)} ${amount(first.value, resource.unit)} → ${amount(last.value, resource.unit)}`
  return html`<span class="spark"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true" focusable="false"><polyline points="${raw(points)}" fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg><span class="dim">${text}</span></span>`
}
