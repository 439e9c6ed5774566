/**
 * Draws the pictures of README and docs: both Patronis over 40 s, the threads of each out of our own report, the crash of
 * one at a limit, and the comparison of the two.
 * Needs a Chromium and HOLDWATER_PATRONI_LEAKING and HOLDWATER_PATRONI_FIXED, a patronictl of 4.0.3 and one of 4.0.4:
 * npx node tools/pictures.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'

const { HOLDWATER_PATRONI_LEAKING, HOLDWATER_PATRONI_FIXED, CHROMIUM = '/usr/bin/chromium' } = process.env
const scenario = 'patroni/patronictl-watch'
const pictures = 'docs/pictures'

const holdwater = (patronictl: string, ...args: string[]) =>
  spawnSync(process.execPath, ['harness/cli.ts', ...args], {
    env: { ...process.env, PATRONICTL: patronictl },
    stdio: 'inherit',
  })

/** A folder with a run of this patronictl. */
function soak(patronictl: string | undefined, ...args: string[]): string {
  if (!patronictl) {
    console.error(
      'expected HOLDWATER_PATRONI_LEAKING and HOLDWATER_PATRONI_FIXED, the paths of a patronictl of 4.0.3 and of one of 4.0.4;\n' +
        "a venv with 'patroni[etcd3,psycopg3]==4.0.4' brings the second as the README says it of the first",
    )
    process.exit(2)
  }
  const out = mkdtempSync(join(tmpdir(), 'holdwater-pictures-'))
  holdwater(patronictl, 'run', scenario, ...args, '--out', out)
  return out
}

async function open(page: Page, folder: string) {
  await page.goto(`file://${join(folder, 'index.html')}`)
  const figure = page.locator('figure', { has: page.locator('[data-chart$="/threads"]') })
  await figure.scrollIntoViewIfNeeded()
  await figure.locator('canvas').waitFor()
  return figure
}

mkdirSync(pictures, { recursive: true })
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, deviceScaleFactor: 2 })
  for (const [version, patronictl] of [
    ['4.0.3', HOLDWATER_PATRONI_LEAKING],
    ['4.0.4', HOLDWATER_PATRONI_FIXED],
  ] as const) {
    const figure = await open(page, soak(patronictl, '--for', '40s', '--until', 'end', '--explain', 'never'))
    await figure.evaluate((element) => {
      element.style.padding = '12px'
    })
    await figure.screenshot({ path: `${pictures}/patronictl-${version}.png` })
  }
  await page.goto(
    `file://${join(soak(HOLDWATER_PATRONI_LEAKING, '--limit', 'threads=64', '--until', 'crash'), 'index.html')}`,
  )
  await page.locator('figure canvas').first().waitFor()
  const first = await page.locator('figure').first().boundingBox()
  if (!first) throw new Error('the crash has no chart')
  const crash = { x: 0, y: 0, width: 1200, height: first.y + first.height }
  await page.screenshot({ path: `${pictures}/patronictl-crash.png`, clip: crash, fullPage: true, scale: 'css' })
  const [base, head] = [soak(HOLDWATER_PATRONI_LEAKING), soak(HOLDWATER_PATRONI_FIXED)]
  const compared = mkdtempSync(join(tmpdir(), 'holdwater-pictures-'))
  holdwater('', 'compare', base, head, '--out', compared)
  const figure = await open(page, compared)
  const box = await figure.boundingBox()
  const top = await page.evaluate(() => scrollY)
  if (!box) throw new Error('the comparison shows no threads')
  const clip = { x: 0, y: 0, width: 1200, height: top + box.y + box.height }
  await page.screenshot({ path: `${pictures}/patronictl-4.0.3-4.0.4.png`, clip, fullPage: true, scale: 'css' })
} finally {
  await browser.close()
}
