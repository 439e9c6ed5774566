/** What the report says of one run: the verdict, when it kills, who is suspected; then the evidence, and how to repeat it. */
import type { Recording, ResourceResult, Results, Run, Suspect } from '../../harness/model.ts'
import { faultTexts } from '../faults.ts'
import { amount, count, duration, plural } from '../format.ts'
import { plainLine } from '../plain.ts'
import { sourceLines, stackLines } from '../suspects.ts'
import { holdingText, notRunWord, outcomeAfter } from '../words.ts'
import { type Chart, chartOf, readingsOf } from './chart.ts'
import { type Html, html } from './html.ts'
import { loadCharts, loadTable } from './load.ts'
import { type Charts, figure, idOf, scrolling, switches } from './page.ts'
import { resourceRank, resourceTable, verdictBadge } from './resources.ts'

const MOST_DETAIL = 20
/** Rows of the table for those who do not see charts. */
const MOST_ROWS = 25

/** @param told the source that stands above it already */
export function suspectItem(suspect: Suspect, told: Suspect['source'] = null): Html {
  const { stack } = suspect
  const isTold =
    told && suspect.source && told.first === suspect.source.first && told.text.join() === suspect.source.text.join()
  const source = isTold ? null : suspect.source
  return html`<li><p>${suspect.sentence}</p>
${source ? html`<pre class="source" tabindex="0" role="region" aria-label="Source of ${suspect.sentence}">${sourceLines(source).map(({ text, at }) => html`<span class="${at ? 'at' : ''}">${text}\n</span>`)}</pre>` : null}
${stack.length > 0 ? html`<details><summary>Its stack</summary><ol class="stack">${stackLines(suspect).map(({ text, own }) => html`<li class="${own ? 'own' : 'dim'}">${text}</li>`)}</ol></details>` : null}</li>`
}

/** Where what leaks is made: a sentence, the source line, and the stack on demand. */
function suspects({ suspects: all, unexplained }: Run): Html | null {
  if (all.length === 0 && unexplained.length === 0) return null
  return html`<h3>Suspects</h3>${all.length > 0 ? html`<ol class="suspects">${all.map((suspect, i) => suspectItem(suspect, all[i - 1]?.source))}</ol>` : null}
${unexplained.map((text) => html`<p class="dim">${text}</p>`)}`
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

const chartText = ({ name, unit, start, end, reason }: ResourceResult): string =>
  `Chart of ${name}${start === null || end === null ? '' : `, from ${amount(start, unit)} to ${amount(end, unit)}`}: ${reason}`

function charts(run: Run, recording: Recording | undefined, drawn: Charts): Html | null {
  if (!recording) return null
  const ofResources = run.resources
    .toSorted((a, b) => resourceRank(a) - resourceRank(b))
    .flatMap((resource) => {
      const chart = chartOf(recording, resource)
      const head = resource.verdict ? html`${verdictBadge(resource, run)}${resource.accepted ? ' accepted' : ''}` : null
      return chart ? [{ chart, head, text: chartText(resource), leaks: resourceRank(resource) < 2 }] : []
    })
  // How it did under load stands right beside what leaks.
  const under = loadCharts(recording).map((one) => ({ ...one, head: null, leaks: true }))
  const all = [...ofResources.filter(({ leaks }) => leaks), ...under, ...ofResources.filter(({ leaks }) => !leaks)]
  if (all.length === 0) return null
  const figures = all.map(({ chart, head, text }) => {
    const id = `${idOf(run.scenario)}/${chart.name}`
    drawn.set(id, chart)
    return figure(id, chart, head, text)
  })
  return html`<h3>Charts</h3>${switches(
    all.map(({ chart }): Chart => chart),
    idOf(run.scenario),
  )}${run.faults.length > 0 ? html`<p class="dim"><span class="band"></span> faults: ${faultTexts(run).join('; ')}</p>` : null}<div class="charts">${figures}</div>`
}

/** The same numbers for those who cannot see charts: checkpoints, so many that one can read them. */
function readings(run: Run, recording: Recording | undefined): Html | null {
  const shown = run.resources.filter(({ start }) => start !== null)
  const checkpoints = recording?.checkpoints ?? []
  if (!recording || shown.length === 0 || checkpoints.length === 0) return null
  const step = Math.ceil(checkpoints.length / MOST_ROWS)
  const judged = new Map(
    shown.map((resource) => [
      resource.name,
      new Map(readingsOf(recording, resource).judged.map(({ ms, value }) => [ms, value])),
    ]),
  )
  const rows = checkpoints
    .filter((_, i) => i % step === 0 || i === checkpoints.length - 1)
    .map(({ ms, cycles }) => {
      const cells = shown.map(({ name, unit }) => {
        const value = judged.get(name)?.get(ms)
        return html`<td class="n">${value === undefined ? '–' : amount(value, unit)}</td>`
      })
      return html`<tr><th scope="row" class="n">${count(cycles)}</th><td class="n">${duration(ms)}</td>${cells}</tr>`
    })
  const heads = shown.map(({ name }) => html`<th scope="col" class="n">${name}</th>`)
  return html`<details><summary>The readings of ${run.scenario} as a table</summary>${scrolling(
    `Readings of ${run.scenario}`,
    html`<table><thead><tr><th scope="col" class="n">${run.cycleUnit}</th><th scope="col" class="n">time</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`,
  )}</details>`
}

function facts(run: Run): string {
  return [
    `${run.cycleUnit === 'cycle' ? `${plural(run.cycles, 'cycle')} in ` : ''}${duration(run.durationMs)}`,
    run.failedCycles > 0 ? `${count(run.failedCycles)} failed` : '',
    plural(run.checkpoints, 'checkpoint'),
    run.checkpointShare === null ? '' : `checkpoints took ${Math.round(run.checkpointShare * 100)} % of the run`,
  ]
    .filter(Boolean)
    .join(' · ')
}

function events(run: Run): Html | null {
  if (run.events.length === 0) return null
  const rows = run.events.map(
    (e) =>
      html`<tr><td class="n">${duration(e.ms)}</td><td class="n">${count(e.cycles)}</td><td>${e.kind}</td><td>${e.text}${(
        e.stack ?? ''
      )
        .split('\n')
        .filter(Boolean)
        .map((frame) => html`<br><span class="dim">${frame.trim()}</span>`)}</td></tr>`,
  )
  return html`<details><summary>${plural(run.events.length, 'event')}</summary>${scrolling(
    `Events of ${run.scenario}`,
    html`<table><thead><tr><th scope="col" class="n">time</th><th scope="col" class="n">${run.cycleUnit}</th><th scope="col">kind</th><th scope="col">what</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}</details>`
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
      .map(
        ([what, n]) =>
          html`<tr><td>${plainLine(name)}</td><td>${plainLine(what)}</td><td class="n">${count(n)}</td></tr>`,
      ),
  )
  return html`<details><summary>What ${run.scenario} held at the last checkpoint</summary>${scrolling(
    `What ${run.scenario} held`,
    html`<table><thead><tr><th scope="col">resource</th><th scope="col">what</th><th scope="col" class="n">count</th></tr></thead><tbody>${rows}</tbody></table>`,
  )}</details>`
}

/** The exact command, and what else it was run on. */
function again(run: Run, { host, tool, revision }: Results): Html | null {
  if (!run.reproduce) return null
  const on = [
    `holdwater ${tool}`,
    run.node ? `the target on Node ${run.node}` : '',
    run.etcd ? `etcd ${run.etcd.version} (${run.etcd.provider})` : '',
    `${host.os}, kernel ${host.kernel}, ${plural(host.cores, 'core')}, ${amount(host.memory, 'bytes')}`,
    revision ? `commit ${revision}` : '',
  ]
  return html`<h3>Again</h3><pre class="command" tabindex="0" role="region" aria-label="The command that repeats ${run.scenario}">${run.reproduce}</pre>
<p class="dim">${on.filter(Boolean).join(' · ')}</p>
${run.command ? html`<p class="dim">The command it soaked: <code>${run.command.join(' ')}</code></p>` : null}`
}

/** The line in which the target's own language says what it died of stands out. */
function lastWords({ exit, crash, scenario }: Run): Html | null {
  if (!exit?.stderrTail) return null
  const lines = exit.stderrTail
    .split('\n')
    .map((line) => html`<span class="${crash?.error && line.includes(crash.error) ? 'at' : ''}">${line}\n</span>`)
  return html`<h3>Last words of the target</h3><pre class="source" tabindex="0" role="region" aria-label="Last words of ${scenario}">${lines}</pre>`
}

export function runSection(run: Run, recording: Recording | undefined, results: Results, drawn: Charts): Html {
  const id = idOf(run.scenario)
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${run.scenario}</h2><p class="dim">${run.title}</p>
<p class="verdict ${run.verdict ?? 'none'}"><strong>${run.verdict ?? notRunWord(run)}</strong>${outcomeAfter(run)}<br>${run.reason}</p>
${run.forecast ? html`<p class="forecast">${run.forecast}</p>` : null}
${suspects(run)}
${held(run)}
${profiled(run)}
${lastWords(run)}
${loadTable(run)}
${charts(run, recording, drawn)}
${readings(run, recording)}
${run.resources.length > 0 ? resourceTable(run) : null}
${run.cycles > 0 ? html`<p class="dim">${facts(run)}</p>` : null}
${details(run, recording)}
${events(run)}
${again(run, results)}</section>`
}
