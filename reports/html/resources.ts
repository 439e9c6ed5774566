/** The table of resources: what was judged, how, and how far it is from its limit. */
import type { ResourceResult, Run } from '../../harness/model.ts'
import { amount, count, duration, inUnit, oneIn, plural, rate } from '../format.ts'
import { type Html, html } from './html.ts'
import { badge, scrolling } from './page.ts'

/** What leaks comes first, then what could have failed the run. */
export const resourceRank = (r: ResourceResult): number => {
  if (r.verdict === 'leaking' && r.level !== 'off') return r.level === 'error' ? 0 : 1
  return r.level === 'error' ? 2 : 3
}

/** Beside a leak it is no finding that something else is not decided. */
export const verdictBadge = ({ verdict }: ResourceResult, run: Run): Html =>
  verdict === 'inconclusive' && run.verdict === 'leaking' ? badge(null, 'not decided') : badge(verdict)

function verdictCell(resource: ResourceResult, run: Run): Html {
  const { verdict, reasonCode, level, accepted } = resource
  const note = accepted ? ' (accepted)' : level === 'warn' && verdict ? ' (warns)' : ''
  return html`<td>${verdict ? verdictBadge(resource, run) : reasonCode === 'not-read' ? 'not read' : reasonCode === 'not-judged' ? 'not judged' : 'recorded'}${note}</td>`
}

/** `243 of 20,000 used, RLIMIT_NOFILE; reached after 3,951 cycles, 4 min 32 s (2,052 to 8,313 cycles)` */
function limitCell({ headroom, forecast, unit }: ResourceResult, per: Run['cycleUnit']): Html | string {
  if (!headroom) return '–'
  const used = html`${amount(headroom.now, unit)} of ${amount(headroom.limit, unit)} used<br><span class="dim">${headroom.source}</span>`
  if (headroom.left === 0) return html`${used}<br>reached`
  if (!forecast) return used
  const { cyclesLeft, low, high, secondsLeft } = forecast
  const time = secondsLeft === null ? '' : `, ${duration(secondsLeft * 1000)}`
  const what = forecast.source === headroom.source ? '' : `${forecast.source} `
  return html`${used}<br>${what}reached after ${plural(cyclesLeft, per)}${time}<br><span class="dim">${count(low)} to ${plural(high, per)}</span>`
}

function row(r: ResourceResult, run: Run): Html {
  const per = run.cycleUnit
  const growth = (value: number) => rate(value, r.unit)
  const or = <T>(value: T | null, show: (value: T) => string) => (value === null ? '–' : show(value))
  const interval =
    r.low === null || r.high === null ? null : html`<br><span class="dim">${growth(r.low)} to ${growth(r.high)}</span>`
  const went = r.start === null || r.end === null ? '–' : `${amount(r.start, r.unit)} → ${amount(r.end, r.unit)}`
  const peak = r.peak === null ? null : html`<br><span class="dim">peak ${amount(r.peak, r.unit)}</span>`
  return html`<tr class="${resourceRank(r) < 3 ? '' : 'quiet'}"><th scope="row">${r.name}</th>${verdictCell(r, run)}
<td class="n">${or(r.growthPerCycle, growth)}${interval}</td><td class="n">${or(r.budget, growth)}</td>
<td class="n">${or(r.verdict === 'leaking' ? null : r.detectable, (value) => (r.unit === 'count' ? inUnit(oneIn(value).replace(/ cycles?$/, ''), per) : growth(value)))}</td>
<td class="n">${went}${peak}</td><td class="limit">${limitCell(r, per)}</td><td class="why">${r.reason}</td></tr>`
}

export function resourceTable(run: Run): Html {
  return html`<h3>Resources</h3>${scrolling(
    `Resources of ${run.scenario}`,
    html`<table><thead><tr><th scope="col">resource</th><th scope="col">verdict</th><th scope="col" class="n">growth per ${run.cycleUnit}<br>95 % interval</th><th scope="col" class="n">budget</th><th scope="col" class="n">would have<br>seen, ${run.cycleUnit}s</th><th scope="col" class="n">start → end</th><th scope="col">nearest limit</th><th scope="col">why</th></tr></thead>
<tbody>${run.resources.toSorted((a, b) => resourceRank(a) - resourceRank(b)).map((resource) => row(resource, run))}</tbody></table>`,
  )}`
}
