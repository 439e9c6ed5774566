/** The HTML report: one self-contained page, no network, understood from the top down. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Recording, Report, ResourceResult, Run } from '../../harness/model.ts'
import { amount, count, duration, oneIn, plural, rate } from '../format.ts'
import { sourceLines, stackLines } from '../suspects.ts'
import { holdingText, notRunWord, outcomeWord } from '../words.ts'
import { type Chart, chartOf } from './chart.ts'
import { type Html, html, json, raw } from './html.ts'

const own = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')
const ofUPlot = (name: string) => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8')

/** The page allows itself what it holds, by its hash, and nothing else. */
const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const idOf = (scenario: string) => scenario.replace(/[^\w-]+/g, '-')
const badge = (verdict: string | null, word = 'not started') =>
  html`<span class="badge ${verdict ?? 'none'}">${verdict ?? word}</span>`

function headline(runs: readonly Run[]): string {
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

const numeric = (value: number | null, show: (value: number) => string) =>
  html`<td class="n">${value === null ? '–' : show(value)}</td>`

function resourceRow(r: ResourceResult): Html {
  const show = (value: number) => amount(value, r.unit)
  const growth = (value: number) => rate(value, r.unit)
  const interval = r.low === null || r.high === null ? '–' : `${growth(r.low)} to ${growth(r.high)}`
  return html`<tr class="${r.verdict === 'leaking' || r.level === 'error' ? '' : 'quiet'}">
<th scope="row">${r.name}</th>
<td>${r.verdict ? badge(r.verdict) : r.reasonCode === 'not-read' ? 'not read' : 'recorded'}${r.level === 'warn' && r.verdict ? ' (warns)' : ''}</td>
${numeric(r.growthPerCycle, growth)}<td class="n">${interval}</td>${numeric(r.budget, growth)}
${numeric(r.detectable, (value) => (r.unit === 'count' ? oneIn(value) : growth(value)))}${numeric(r.start, show)}${numeric(r.end, show)}${numeric(r.peak, show)}
<td class="limit">${limitCell(r)}</td>
<td>${r.reason}</td></tr>`
}

/** `243 of 20,000 used, RLIMIT_NOFILE; reached after 3,951 cycles, 4 min 32 s (2,052 to 8,313 cycles)` */
function limitCell({ headroom, forecast, unit }: ResourceResult): Html | string {
  if (!headroom) return '–'
  const used = html`${amount(headroom.now, unit)} of ${amount(headroom.limit, unit)} used<br><span class="dim">${headroom.source}</span>`
  if (!forecast) return used
  const { cyclesLeft, low, high, secondsLeft } = forecast
  const time = secondsLeft === null ? '' : `, ${duration(secondsLeft * 1000)}`
  return html`${used}<br>reached after ${plural(cyclesLeft, 'cycle')}${time}<br><span class="dim">${count(low)} to ${plural(high, 'cycle')}</span>`
}

function resourceTable(run: Run): Html {
  const heads = ['growth per cycle', '95 % interval', 'budget', 'would have seen', 'start', 'end', 'peak']
  return html`<h3>Resources</h3><div class="scroll" tabindex="0" role="region" aria-label="Resources of ${run.scenario}"><table>
<thead><tr><th scope="col">resource</th><th scope="col">verdict</th>${heads.map((head) => html`<th scope="col" class="n">${head}</th>`)}<th scope="col">nearest limit</th><th scope="col">why</th></tr></thead>
<tbody>${run.resources.toSorted((a, b) => rank(a) - rank(b)).map(resourceRow)}</tbody></table></div>`
}

function held({ exit }: Run): Html | null {
  if (exit?.left !== false) return null
  const items = holdingText(exit).map((text) => html`<li>${text}</li>`)
  return html`<h3>What holds the process</h3>${items.length > 0 ? html`<ul class="suspects">${items}</ul>` : html`<p>Nothing that Node lists.</p>`}`
}

function profiled({ profile }: Run): Html | null {
  if (!profile) return null
  const { tool, path, reason } = profile
  return path
    ? html`<p>Profile: <a href="${encodeURI(path)}">Clinic.js ${tool}</a></p>`
    : html`<p class="dim">No profile of Clinic.js ${tool}: ${reason ?? ''}</p>`
}

/** Where what leaks is made: a sentence, the source line, and the stack on demand. */
function suspects({ suspects: all, unexplained }: Run): Html | null {
  if (all.length === 0 && unexplained.length === 0) return null
  const items = all.map(
    (suspect) => html`<li><p>${suspect.sentence}</p>
${suspect.source ? html`<pre class="source" tabindex="0" role="region" aria-label="Source">${sourceLines(suspect.source).map(({ text, at }) => html`<span class="${at ? 'at' : ''}">${text}\n</span>`)}</pre>` : null}
${suspect.stack.length > 0 ? html`<details><summary>Its stack</summary><ol class="stack">${stackLines(suspect).map(({ text, own }) => html`<li class="${own ? 'own' : 'dim'}">${text}</li>`)}</ol></details>` : null}</li>`,
  )
  return html`<h3>Suspects</h3>${items.length > 0 ? html`<ol class="suspects">${items}</ol>` : null}
${unexplained.map((text) => html`<p class="dim">${text}</p>`)}`
}

const rank = (r: ResourceResult) => (r.verdict === 'leaking' ? 0 : r.level === 'error' ? 1 : 2)

function charts(run: Run, recording: Recording | undefined, drawn: Map<string, Chart>): Html | null {
  if (!recording) return null
  const figures = run.resources
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((resource) => {
      const chart = chartOf(recording, resource)
      if (!chart) return []
      const id = `${idOf(run.scenario)}/${resource.name}`
      drawn.set(id, chart)
      return [
        html`<figure data-chart="${id}"><figcaption>${resource.name}${resource.verdict ? badge(resource.verdict) : null}</figcaption></figure>`,
      ]
    })
  if (figures.length === 0) return null
  return html`<h3>Charts, over cycles</h3><p class="dim"><span class="key point"></span>checkpoint
<span class="key floor"></span>floor, what never came back <span class="key budget"></span>budget
<span class="key timeline"></span>readings in between <span class="key warm"></span>warm-up, not judged. Drag to zoom, double-click to zoom out.</p>
<div class="charts">${figures}</div>`
}

function facts(run: Run): string {
  return [
    `${plural(run.cycles, 'cycle')} in ${duration(run.durationMs)}`,
    run.failedCycles > 0 ? `${count(run.failedCycles)} failed` : '',
    plural(run.checkpoints, 'checkpoint'),
    run.checkpointShare === null ? '' : `checkpoints took ${Math.round(run.checkpointShare * 100)} % of the run`,
    run.etcd ? `etcd ${run.etcd.version} (${run.etcd.provider})` : '',
  ]
    .filter(Boolean)
    .join(' · ')
}

function events(run: Run): Html | null {
  if (run.events.length === 0) return null
  const rows = run.events.map(
    (e) =>
      html`<tr><td class="n">${duration(e.ms)}</td><td class="n">${count(e.cycles)}</td><td>${e.kind}</td><td>${e.text}</td></tr>`,
  )
  return html`<details><summary>${plural(run.events.length, 'event')}</summary><table><thead><tr><th class="n">time</th><th class="n">cycle</th><th>kind</th><th>what</th></tr></thead><tbody>${rows}</tbody></table></details>`
}

/** What the last checkpoint saw in detail: descriptors by kind, sockets by state and peer, threads by name. */
function details(run: Run, recording: Recording | undefined): Html | null {
  const detail = Object.entries(recording?.checkpoints.at(-1)?.detail ?? {}).filter(
    ([, of]) => Object.keys(of).length > 0,
  )
  if (detail.length === 0) return null
  const rows = detail.flatMap(([name, of]) =>
    Object.entries(of)
      .sort(([, a], [, b]) => b - a)
      .slice(0, MOST_DETAIL)
      .map(([what, n]) => html`<tr><td>${name}</td><td>${what}</td><td class="n">${count(n)}</td></tr>`),
  )
  return html`<details><summary>What ${run.scenario} held at the last checkpoint</summary><table><thead><tr><th scope="col">resource</th><th scope="col">what</th><th scope="col" class="n">count</th></tr></thead><tbody>${rows}</tbody></table></details>`
}
const MOST_DETAIL = 20

function section(run: Run, recording: Recording | undefined, drawn: Map<string, Chart>): Html {
  return html`<section id="${idOf(run.scenario)}" aria-labelledby="${idOf(run.scenario)}-title">
<h2 id="${idOf(run.scenario)}-title">${run.scenario}</h2><p class="dim">${run.title}</p>
<p class="verdict ${run.verdict ?? 'none'}"><strong>${run.verdict ?? notRunWord(run)}</strong> → ${outcomeWord(run)}<br>${run.reason}</p>
<p class="dim">${facts(run)}</p>
${run.command ? html`<p class="dim">The command: <code>${run.command.join(' ')}</code></p>` : null}
${suspects(run)}
${held(run)}
${profiled(run)}
${run.exit?.stderrTail ? html`<h3>Last words of the target</h3><pre>${run.exit.stderrTail}</pre>` : null}
${run.resources.length > 0 ? resourceTable(run) : null}
${charts(run, recording, drawn)}
${details(run, recording)}
${events(run)}</section>`
}

/** Renders the whole report. */
export function renderHtml({ results, recordings }: Report): string {
  const { runs, host, tool, startedAt } = results
  const style = ofUPlot('uPlot.min.css') + own('style.css')
  const [library, client] = [ofUPlot('uPlot.iife.min.js'), own('client.js')]
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src ${hash(style)}; script-src ${hash(library)} ${hash(client)}`
  const drawn = new Map<string, Chart>()
  const sections = runs.map((run) => section(run, recordings.get(run.scenario), drawn))
  const index = runs.map(
    (run) =>
      html`<li><a href="#${idOf(run.scenario)}">${badge(run.verdict, notRunWord(run))}<strong>${run.scenario}</strong><span class="why">${run.reason} <em>${outcomeWord(run)}</em></span></a></li>`,
  )
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>holdwater: ${headline(runs)}</title>
<style>${raw(style)}</style></head><body>
<header><h1>${headline(runs)}</h1>
<p class="dim">holdwater ${tool} · ${startedAt.replace('T', ' ').slice(0, 16)} UTC · ${host.os}, kernel ${host.kernel}, ${plural(host.cores, 'core')} · Node ${host.node}</p>
<ul class="index">${index}</ul></header>
<main>${sections}</main>
<script type="application/json" id="charts">${json(Object.fromEntries(drawn))}</script>
<script>${raw(library)}</script>
<script type="module">${raw(client)}</script>
</body></html>
`.text
}
