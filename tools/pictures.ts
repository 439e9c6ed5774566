/**
 * Draws the README's pictures: the threads of both Patronis over 40 s, each out of our own report. Needs a Chromium and
 * HOLDWATER_PATRONI_LEAKING and HOLDWATER_PATRONI_FIXED, a patronictl of 4.0.3 and one of 4.0.4: npx node tools/pictures.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const { HOLDWATER_PATRONI_LEAKING, HOLDWATER_PATRONI_FIXED, CHROMIUM = '/usr/bin/chromium' } = process.env
const pictures = { 'patronictl-4.0.3': HOLDWATER_PATRONI_LEAKING, 'patronictl-4.0.4': HOLDWATER_PATRONI_FIXED }
const scenario = 'patroni/patronictl-watch'

mkdirSync('docs/pictures', { recursive: true })
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, deviceScaleFactor: 2 })
  for (const [name, patronictl] of Object.entries(pictures)) {
    if (!patronictl) throw new Error('expected HOLDWATER_PATRONI_LEAKING and HOLDWATER_PATRONI_FIXED, each a path')
    const out = mkdtempSync(join(tmpdir(), 'holdwater-pictures-'))
    const args = ['harness/cli.ts', 'run', scenario, '--for', '40s', '--until', 'end', '--out', out]
    const env = { ...process.env, PATRONICTL: patronictl }
    spawnSync(process.execPath, args, { env, stdio: 'inherit' })
    await page.goto(`file://${join(out, 'index.html')}`)
    await page.locator('figure[data-chart$="/threads"] canvas').waitFor()
    const figure = page.locator('figure[data-chart$="/threads"]')
    await figure.evaluate((element) => {
      element.style.padding = '12px'
      for (const legend of element.querySelectorAll<HTMLElement>('.u-legend')) legend.style.display = 'none'
    })
    // Down to the axis: below it the report has its legend.
    const box = await figure.boundingBox()
    const axis = await figure.locator('canvas').boundingBox()
    if (!box || !axis) throw new Error('the report shows no threads')
    const clip = { ...box, height: axis.y + axis.height - box.y }
    await page.screenshot({ path: `docs/pictures/${name}.png`, clip, fullPage: true })
  }
} finally {
  await browser.close()
}
