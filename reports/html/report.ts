/** The HTML report: understood from the top down, in ten seconds. */
import type { Recording, Report, ResourceResult, Results, Run } from '../../harness/model.ts'
import { plural } from '../format.ts'
import { baselineNotes, headline, notRunWord, outcomeWord } from '../words.ts'
import { type Html, html } from './html.ts'
import { badge, type Charts, idOf, pageOf } from './page.ts'
import { runSection } from './run.ts'
import { sparklineOf } from './sparkline.ts'

/** Which resource says most about a run: what is explained, else what leaks, else what may not. */
function tellingResource({ resources, suspects: [first] }: Run): ResourceResult | undefined {
  const gates = resources.filter(({ level }) => level === 'error')
  const explained = gates.find(({ name }) => name === first?.resource)
  if (explained) return explained
  const by = (verdict: string) => gates.find((resource) => resource.verdict === verdict && !resource.accepted)
  return by('leaking') ?? by('inconclusive') ?? gates.find(({ accepted }) => accepted) ?? gates[0]
}

function indexEntry(run: Run, recording: Recording | undefined): Html {
  const telling = tellingResource(run)
  const curve = recording && telling ? sparklineOf(recording, telling) : null
  return html`<li><a href="#${idOf(run.scenario)}">${badge(run.verdict, notRunWord(run))}<span class="what"><strong>${run.scenario}</strong>
<span class="why">${run.reason}${run.forecast ? ` ${run.forecast}` : ''} <em>${outcomeWord(run)}</em></span></span>${curve}</a></li>`
}

export const environment = ({ tool, host, startedAt, revision }: Results): string =>
  [
    `holdwater ${tool}`,
    `${startedAt.replace('T', ' ').slice(0, 16)} UTC`,
    revision ? `commit ${revision.slice(0, 12)}` : '',
    `${host.os}, kernel ${host.kernel}, ${plural(host.cores, 'core')}`,
    `Node ${host.node}`,
  ]
    .filter(Boolean)
    .join(' · ')

const baselineNote = (results: Results): Html[] =>
  results.baseline
    ? [
        html`<p class="dim">Held against the baseline ${results.baseline.name}.</p>`,
        ...baselineNotes(results).map((text) => html`<p class="note">${text}</p>`),
      ]
    : []

/** What somebody has to look at comes first; else in the order of the runs. */
const OUTCOMES: readonly Run['outcome'][] = ['fail', 'error', 'inconclusive', 'skipped', 'pass']
const worstFirst = (runs: readonly Run[]): Run[] =>
  runs.toSorted((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome))

export function renderHtml({ results, recordings }: Report): string {
  const runs = worstFirst(results.runs)
  const charts: Charts = new Map()
  // Of one scenario the page itself says it all.
  const index =
    runs.length > 1
      ? html`<ul class="index">${runs.map((run) => indexEntry(run, recordings.get(run.scenario)))}</ul>`
      : null
  return pageOf({
    title: headline(runs),
    header: html`<h1>${headline(runs)}</h1><p class="dim">${environment(results)}</p>${baselineNote(results)}
${index}`,
    main: runs.map((run) => runSection(run, recordings.get(run.scenario), results, charts)),
    charts,
  })
}
