/** The report as a person opens it: in a real Chromium, from a file, with no network. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from '../harness/judge/judge.ts'
import { RESULTS_SCHEMA, type Results } from '../harness/model.ts'
import { onPath } from '../harness/processes/start.ts'
import { renderHtml } from '../reports/html/report.ts'
import { toRun } from '../reports/results.ts'
import { scratch } from './holdwater.ts'
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

describe.skipIf(!executablePath)(`the HTML report in Chromium${missing}`, () => {
  let browser: Browser
  let file: string
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args })
    const recording = recordingOf({
      threads: repeat(101, (i) => i * 100),
      fds: repeat(101, () => 7),
      heap: repeat(101, (i) => 1e6 + i),
    })
    const { tool, host, startedAt } = recording.header
    const runs = [toRun([{ recording, path: 'recording.ndjson' }], judge(recording))]
    file = join(scratch().tmp, 'index.html')
    const results: Results = { schema: RESULTS_SCHEMA, revision: null, baseline: null, tool, host, startedAt, runs }
    writeFileSync(file, renderHtml({ results, recordings: new Map([['a/scenario', recording]]) }))
  })
  afterAll(() => browser?.close())

  it.each([
    ['a wide screen', 1400, 'light'],
    ['a phone in the dark', 390, 'dark'],
  ] as const)(
    'draws every chart on %s, breaks no rule of its own and needs no sideways scrolling',
    async (_, width, colorScheme) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
      const faults: string[] = []
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('request', (request) => request.url().startsWith('file:') || faults.push(request.url()))
      await page.goto(`file://${file}`)
      expect(faults).toEqual([])
      expect(await page.locator('figure canvas').count()).toBe(3)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      const [verdict, chart] = [
        await page.locator('.verdict').boundingBox(),
        await page.locator('figure').first().boundingBox(),
      ]
      expect(verdict?.y).toBeLessThan(chart?.y ?? 0)
      // Something was drawn: a canvas that stayed blank has one colour.
      const colours = await page
        .locator('figure canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => {
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
          const seen = new Set<number>()
          for (let i = 0; i < pixels.length; i += 4)
            seen.add(((pixels[i] ?? 0) << 16) | ((pixels[i + 1] ?? 0) << 8) | (pixels[i + 2] ?? 0))
          return seen.size
        })
      expect(colours).toBeGreaterThan(3)
      await page.close()
    },
  )

  it('shows the values under the pointer', async () => {
    const page = await browser.newPage()
    await page.goto(`file://${file}`)
    await page.locator('figure .u-over').first().hover()
    await expect.poll(() => page.locator('figure .u-legend').first().textContent()).toMatch(/cycle:?\s*\d/)
    await page.close()
  })
})
