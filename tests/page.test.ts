/** The pages as a person opens them: in a real Chromium, from a file, with no network. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { historyOf } from '../harness/judge/history.ts'
import { judge } from '../harness/judge/judge.ts'
import { compareRuns } from '../harness/judge/regression.ts'
import { RESULTS_SCHEMA, type Report, type Results } from '../harness/model.ts'
import { onPath } from '../harness/processes/start.ts'
import { openSamples } from '../harness/recording/samples.ts'
import { comparisonReporters, historyReporters, reporters } from '../reports/index.ts'
import { toRun } from '../reports/results.ts'
import { scratch } from './holdwater.ts'
import { hostileReport } from './hostile.ts'
import { recordingOf, repeat } from './recording-of.ts'

const executablePath = process.env.CHROMIUM ?? onPath('chromium') ?? onPath('google-chrome')
const missing = executablePath ? '' : ' (skipped: no Chromium; sudo apt-get install chromium, or set CHROMIUM)'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

function reportOf(threads: (i: number) => number, startedAt: string): Report {
  const recording = recordingOf({
    threads: repeat(101, threads),
    fds: repeat(101, () => 7),
    heap: repeat(101, (i) => 1e6 + i),
  })
  const samples = openSamples()
  for (let i = 0; i < 5000; i++) samples.add({ ms: i * 2, cycles: i * 2, readings: { fds: i === 1234 ? 99 : 7 } })
  const whole = { ...recording, samples: samples.samples, header: { ...recording.header, startedAt } }
  const { tool, host } = recording.header
  const runs = [toRun([{ recording: whole, path: 'recording.ndjson' }], judge(whole))]
  const results: Results = { schema: RESULTS_SCHEMA, tool, host, startedAt, revision: 'abc1234', baseline: null, runs }
  return { results, recordings: new Map([['a/scenario', whole]]) }
}
const leaking = reportOf((i) => i * 100, '2026-01-02T03:04:05.678Z')
const clean = reportOf(() => 7, '2026-01-03T03:04:05.678Z')
const [base, head] = [leaking.results.runs[0], clean.results.runs[0]] as [Results['runs'][0], Results['runs'][0]]
const pages = {
  'the report': reporters.html?.render(leaking),
  'a report of hostile content': reporters.html?.render(hostileReport()),
  'the comparison': comparisonReporters.html?.render({
    base: leaking,
    head: clean,
    runs: [compareRuns(base, head)],
    onlyInBase: [],
    onlyInHead: ['b'],
    skipped: [],
    mismatch: [],
  }),
  'the history': historyReporters.html?.render(historyOf([clean.results, leaking.results])),
}

describe.skipIf(!executablePath)(`pages in Chromium${missing}`, () => {
  let browser: Browser
  const files = new Map<string, string>()
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args })
    const { tmp } = scratch()
    for (const [i, [name, text]] of Object.entries(pages).entries()) {
      const file = join(tmp, `${i}.html`)
      writeFileSync(file, text ?? '')
      files.set(name, pathToFileURL(file).href)
    }
  })
  afterAll(() => browser?.close())

  const faultsOf = async (page: Page, open: () => Promise<unknown>): Promise<string[]> => {
    const faults: string[] = []
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('dialog', (dialog) => faults.push(dialog.message()))
    page.on('request', (request) => request.url().startsWith('file:') || faults.push(request.url()))
    await open()
    return faults
  }
  /** Charts are drawn when they come on the screen. */
  const drawAll = async (page: Page): Promise<number> => {
    const charts = page.locator('[data-chart]')
    for (const chart of await charts.all()) await chart.scrollIntoViewIfNeeded()
    await expect.poll(() => page.locator('[data-chart] canvas').count()).toBe(await charts.count())
    return charts.count()
  }

  const looks = [
    ['on a wide screen', 1440, 'light'],
    ['on a wide screen in the dark', 1440, 'dark'],
    ['on a phone', 360, 'light'],
    ['on a phone in the dark', 360, 'dark'],
  ] as const
  // The report in every look; the other pages are made of the same parts.
  const seen = Object.keys(pages).flatMap((name, i) =>
    looks.filter((_, k) => i === 0 || k === 0 || k === 3).map((look) => [name, ...look] as const),
  )
  it.each(seen)(
    '%s %s breaks no rule, reaches for nothing, needs no sideways scrolling, and anybody can use it',
    async (name, _, width, colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
      const faults = await faultsOf(page, () => page.goto(files.get(name) as string))
      expect(await drawAll(page)).toBeGreaterThan(0)
      await page.evaluate(() => {
        for (const one of document.querySelectorAll('details')) one.open = true
      })
      expect(faults).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      // By the debugger: the page itself would run no script that it does not hold.
      await page.evaluate(axe)
      const violations = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run()
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)
      })
      expect(violations).toEqual([])
      await page.close()
    },
  )

  const opened = async (name = 'the report') => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(files.get(name) as string)
    await drawAll(page)
    return page
  }
  /** How many colours a chart has: one that stayed blank has one. */
  const coloursOf = (page: Page, chart: string) =>
    page.locator(`[data-chart="${chart}"] canvas`).evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
      const seen = new Set<number>()
      for (let i = 0; i < pixels.length; i += 4)
        seen.add(((pixels[i] ?? 0) << 16) | ((pixels[i + 1] ?? 0) << 8) | (pixels[i + 2] ?? 0))
      return seen.size
    })

  it('is told from the top down: verdict, forecast or suspect, charts, tables, how to repeat it', async () => {
    const page = await opened()
    const tops = await Promise.all(
      ['.verdict', '.charts', 'section table', '.command'].map(
        async (selector) => (await page.locator(selector).first().boundingBox())?.y ?? Number.NaN,
      ),
    )
    expect(tops).toEqual(tops.toSorted((a, b) => a - b))
    expect(await page.locator('.command').textContent()).toBe('holdwater run a.scenario.ts')
    await page.close()
    const several = await opened('a report of hostile content')
    expect(await several.locator('.index svg polyline').count()).toBe(1)
    await several.close()
  })

  it('draws something', async () => {
    const page = await opened()
    expect(await coloursOf(page, 'a~2Fscenario/threads')).toBeGreaterThan(3)
    await page.close()
  })

  it('shows the values under the pointer', async () => {
    const page = await opened()
    const chart = page.locator('[data-chart="a~2Fscenario/fds"]')
    await chart.locator('.u-over').hover()
    await expect
      .poll(() => chart.locator('.u-legend').textContent())
      .toMatch(/^cycle [\d,]+ · timeline 7 .*checkpoint 7/)
    await page.close()
  })

  it('draws the one sample that stands out of five thousand', async () => {
    const page = await opened()
    const chart = JSON.parse((await page.locator('#charts').textContent()) ?? '')['a~2Fscenario/fds']
    const { x, y } = chart.series.find(({ label }: { label: string }) => label === 'timeline')
    expect([x[y.indexOf(99)], x.length < 1001]).toEqual([2468, true])
    await page.close()
  })

  it('goes over to time, and leaves out a series', async () => {
    const page = await opened()
    const chart = page.locator('[data-chart="a~2Fscenario/threads"]')
    await page.getByLabel('time', { exact: true }).check()
    await chart.locator('.u-over').hover()
    await expect.poll(() => chart.locator('.u-legend').textContent()).toMatch(/^time [\d.]+ s · .*checkpoint/)
    await page.getByLabel('checkpoint', { exact: true }).uncheck()
    await chart.locator('.u-over').hover()
    await expect.poll(() => chart.locator('.u-legend').textContent()).toMatch(/^time (?!.*checkpoint)/)
    await page.close()
  })

  it('zooms into what is dragged over, and out again', async () => {
    const page = await opened()
    const over = page.locator('[data-chart="a~2Fscenario/threads"] .u-over')
    const readout = page.locator('[data-chart="a~2Fscenario/threads"] .u-legend')
    const box = await over.boundingBox()
    if (!box) throw new Error('no chart')
    const y = box.y + box.height / 2
    const atTheRight = async () => {
      await page.mouse.move(box.x + 2, y)
      await page.mouse.move(box.x + box.width - 2, y)
      return Number((await readout.textContent())?.match(/^cycle ([\d,]+)/)?.[1]?.replaceAll(',', ''))
    }
    expect(await atTheRight()).toBeGreaterThan(9500)
    await page.mouse.move(box.x + 5, y)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 3, y, { steps: 5 })
    await page.mouse.up()
    expect(await atTheRight()).toBeLessThan(5000)
    await over.dblclick()
    expect(await atTheRight()).toBeGreaterThan(9500)
    await page.close()
  })

  it('is read and zoomed with the keyboard alone', async () => {
    const page = await opened()
    const chart = page.locator('[data-chart="a~2Fscenario/threads"]')
    const cycle = async () =>
      Number((await chart.locator('.u-legend').textContent())?.match(/^cycle ([\d,]+)/)?.[1]?.replaceAll(',', ''))
    await chart.focus()
    await page.keyboard.press('ArrowRight')
    const middle = await cycle()
    await page.keyboard.press('ArrowRight')
    const step = (await cycle()) - middle
    expect(step).toBeGreaterThan(0)
    for (let i = 0; i < 3; i++) await page.keyboard.press('+')
    const before = await cycle()
    await page.keyboard.press('ArrowRight')
    expect((await cycle()) - before).toBeLessThan(step)
    await page.close()
  })

  it('prints every chart, on white', async () => {
    const page = await browser.newPage({ viewport: { width: 1000, height: 700 }, colorScheme: 'dark' })
    await page.goto(files.get('the report') as string)
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    expect(await page.locator('[data-chart] canvas').count()).toBe(3)
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)')
    await page.evaluate(() => dispatchEvent(new Event('afterprint')))
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe('rgb(255, 255, 255)')
    await page.close()
  })

  it('the comparison has both runs in one chart', async () => {
    const page = await opened('the comparison')
    await page.locator('[data-chart="a~2Fscenario/threads"] .u-over').hover()
    await expect
      .poll(() => page.locator('[data-chart="a~2Fscenario/threads"] .u-legend').textContent())
      .toMatch(/BASE [\d,.]+ .*HEAD 7/)
    await page.close()
  })

  it('the history marks the run in which growth changed', async () => {
    const page = await opened('the history')
    expect(await page.locator('section li').first().textContent()).toMatch(/threads improved in the run of 2026-01-03/)
    await page.close()
  })
})
