/** What a report of a soak of days costs: a million samples of twelve resources, read, judged, drawn and opened. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import type { HeaderLine } from '../harness/model.ts'
import { onPath } from '../harness/processes/start.ts'
import { recordingOf } from '../tests/recording-of.ts'

type Say = (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void

const SAMPLES = 1_000_000
const CHECKPOINTS = 200
const counts = ['threads', 'fds', 'sockets', 'children', 'workers', 'handles', 'timers', 'listeners', 'requests']
const names = [...counts, 'heap', 'rss', 'pss']

function headerOf(): HeaderLine {
  const { header } = recordingOf(Object.fromEntries(names.map((name) => [name, []])))
  const resources = header.plan.resources.map((resource) => {
    const isCount = counts.includes(resource.name)
    return {
      ...resource,
      unit: isCount ? ('count' as const) : ('bytes' as const),
      level: 'error' as const,
      perCycle: isCount ? 0 : 200,
    }
  })
  return { ...header, plan: { ...header.plan, resources } }
}

function writeRecording(path: string): void {
  const file = openSync(path, 'w')
  let text = `${JSON.stringify(headerOf())}\n`
  const add = (line: object) => {
    text += `${JSON.stringify(line)}\n`
    if (text.length < 2 ** 20) return
    writeSync(file, text)
    text = ''
  }
  for (let i = 0; i <= SAMPLES; i++) {
    const at = { ms: i * 250, cycles: i * 3 }
    const level = (name: string, k: number) =>
      counts.includes(name) ? 10 + k : 1e8 + Math.round(1e6 * Math.sin(i / 99 + k))
    add({
      line: 'sample',
      ...at,
      readings: Object.fromEntries(names.map((name, k) => [name, level(name, k) + (i % 7)])),
    })
    if (i % (SAMPLES / CHECKPOINTS) !== 0) continue
    const readings = Object.fromEntries(names.map((name, k) => [name, level(name, k)]))
    const rest = { phase: 'run', failed: 0, unread: {}, detail: {}, collected: true, tookMs: 10 }
    add({ line: 'checkpoint', ...at, readings, ...rest })
  }
  const end = {
    ms: SAMPLES * 250,
    cycles: SAMPLES * 3,
    failed: 0,
    batchMs: SAMPLES * 250,
    beforeMemory: null,
    exit: null,
  }
  writeSync(file, `${text}${JSON.stringify({ line: 'end', ...end, ending: 'length', text: 'the planned length' })}\n`)
  closeSync(file)
}

/** Told at the very end, so that nothing of the command line is left out. */
const tellMemory = `data:text/javascript,process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS))`

export async function benchReport(say: Say, out: string): Promise<void> {
  const folder = join(out, 'long')
  mkdirSync(folder)
  writeRecording(join(folder, 'recording.ndjson'))
  const from = performance.now()
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', tellMemory, resolve('dist/harness/cli.js'), 'report', folder],
    {
      encoding: 'utf8',
    },
  )
  const seconds = (performance.now() - from) / 1000
  const peak = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024
  const page = join(folder, 'index.html')
  const size = statSync(page).size / 1024 ** 2
  say('a report of 1,000,000 samples × 12 resources', seconds, ' s', 'at most 5 s', seconds <= 5)
  say('…its memory', peak, ' MB', 'at most 300 MB', peak <= 300)
  say('…its page', size, ' MB', 'at most 2 MB', size <= 2)
  const executablePath = process.env.CHROMIUM ?? onPath('chromium') ?? onPath('google-chrome')
  if (!executablePath) {
    console.log(
      '- …its first chart on the screen: not measured: no Chromium; sudo apt-get install chromium, or set CHROMIUM',
    )
    return
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const tab = await browser.newPage()
    await tab.goto(pathToFileURL(page).href, { waitUntil: 'commit' })
    await tab.waitForSelector('[data-chart] canvas')
    const shown = await tab.evaluate(() => performance.now())
    say('…its first chart on the screen', shown / 1000, ' s', 'at most 1 s', shown <= 1000)
  } finally {
    await browser.close()
  }
}
