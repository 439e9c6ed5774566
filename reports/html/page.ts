/** What every page is: self-contained, and by its own policy unable to reach anything but what it holds. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Chart, Series } from './chart.ts'
import { type Html, html, json, raw } from './html.ts'

const own = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')
const ofUPlot = (name: string) => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8')

/** The page allows itself what it holds, by its hash, and nothing else. */
const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Charts by the name that their place in the page has. */
export type Charts = Map<string, Chart>

export type Page = { title: string; header: Html; main: readonly Html[]; charts: Charts }

export function pageOf({ title, header, main, charts }: Page): string {
  const style = ofUPlot('uPlot.min.css') + own('style.css')
  const [library, client] = [ofUPlot('uPlot.iife.min.js'), own('client.js')]
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src ${hash(style)}; script-src ${hash(library)} ${hash(client)}`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>holdwater: ${title}</title>
<style>${raw(style)}</style></head><body>
<header>${header}</header>
<main>${main}</main>
<script type="application/json" id="charts">${json(Object.fromEntries(charts))}</script>
<script>${raw(library)}</script>
<script type="module">${raw(client)}</script>
</body></html>
`.text
}

/** What stands in an address, and names one thing alone. */
export const idOf = (name: string): string => encodeURIComponent(name).replaceAll('%', '~')

export const badge = (verdict: string | null, word = 'not started'): Html =>
  html`<span class="badge ${(verdict ?? 'none').replace(' ', '-')}">${verdict ?? word}</span>`

/** A chart, at its place; `text` is what those learn who cannot see it. */
export const figure = (id: string, { name }: Chart, head: Html | null, text: string): Html =>
  html`<figure><figcaption>${name} ${head}</figcaption><div class="chart" data-chart="${id}" role="group" tabindex="0" aria-label="${text}"></div></figure>`

const switchOf = ({ label, look, colour }: Series) =>
  html`<label><input type="checkbox" data-series="${label}" checked><span class="key ${look} ${colour}" aria-hidden="true"></span>${label}</label>`

/** Which series are drawn, and over what. */
export function switches(charts: readonly Chart[], name: string): Html {
  const byLabel = new Map(charts.flatMap(({ series }) => series.map((one) => [one.label, one])))
  const hasTime =
    !charts.some(({ timed }) => timed) && charts.some(({ series }) => series.some(({ t }) => t.length > 0))
  const has = (look: Series['look']) => charts.some(({ series }) => series.some((one) => one.look === look))
  const hints = [
    charts.some(({ shade }) => shade !== null) ? 'Shaded grey: warm-up, not judged.' : '',
    has('low') ? 'Around the line: its 95 % interval.' : '',
    'Drag over a chart to zoom, double-click to zoom out; with the keyboard: arrows, + and −.',
  ].filter(Boolean)
  const axis = hasTime
    ? html`<fieldset><legend>over</legend><label><input type="radio" name="axis-${name}" data-axis="cycles" checked> cycles</label><label><input type="radio" name="axis-${name}" data-axis="time"> time</label></fieldset>`
    : null
  return html`<form class="switches">${axis}<fieldset><legend>show</legend>${[...byLabel.values()].filter(({ look }) => look !== 'low' && look !== 'high').map(switchOf)}</fieldset></form>
<p class="dim hint">${hints.join(' ')}</p>`
}

export const scrolling = (label: string, inside: Html): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${inside}</div>`
