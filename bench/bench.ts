/**
 * What holdwater costs, as ratios measured in one run: `npm run bench`. Machines are noisy, so medians of pairs are
 * what counts. `npm run bench -- throughput` runs one part; a figure that misses its bound ends the bench with exit code 1.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startEtcd } from '../harness/dcs/etcd.ts'
import { judgeLong } from '../harness/judge/raw/verdict.ts'
import type { Results } from '../harness/model.ts'
import { startWarden } from '../harness/processes/warden.ts'
import { readRecording } from '../harness/recording/read.ts'
import { benchClean } from './clean.ts'
import { benchCollectors } from './collectors.ts'
import { benchCrash } from './crash.ts'
import { benchProcesses } from './processes.ts'
import { benchReport } from './report.ts'
import { benchSoak } from './soak.ts'
import { benchTimeline } from './timeline.ts'
import { benchWatch } from './watch.ts'

const node = process.execPath
const cli = resolve('dist/harness/cli.js')
const out = mkdtempSync(join(tmpdir(), 'holdwater-bench-'))
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
const spread = (values: number[]) => `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`

/** The parts named on the command line; all of them when none is. What is asked for by name must be measured. */
const asked = process.argv.slice(2)
let missed = 0
function say(what: string, value: number, unit: string, bound: string, holds: boolean, note = ''): void {
  if (!holds) missed++
  console.log(`${holds ? '✔' : '✖'} ${what}: ${value.toPrecision(3)}${unit} (${bound})${note && `; ${note}`}`)
}

function timed(command: string, args: readonly string[]): number {
  const from = performance.now()
  execFileSync(command, args, { stdio: 'ignore' })
  return performance.now() - from
}

type Soaked = { results: Results; ms: number }
/** Exit codes 3 and 4 are verdicts. */
function soak(...args: string[]): Soaked {
  // A run that crashes must not be told by the results of the one before.
  rmSync(join(out, 'results.json'), { force: true })
  const from = performance.now()
  try {
    execFileSync(node, [cli, 'run', ...args, '--out', out, '--reporter', 'json'], { stdio: 'ignore' })
  } catch {
    // told by results.json
  }
  return { results: JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')), ms: performance.now() - from }
}

function version(): void {
  const pairs = Array.from({ length: 21 }, () => timed(node, [cli, '--version']) / timed(node, ['-e', '0']))
  say(
    'holdwater --version ÷ node -e 0',
    median(pairs),
    '',
    'at most 1.5',
    median(pairs) <= 1.5,
    `21 pairs, ${spread(pairs)}`,
  )
}

async function throughput(): Promise<void> {
  await using warden = await startWarden()
  await using etcd = await startEtcd('local', { warden, say: console.log, readyWithinMs: 30_000, passedOver: [] })
  const [endpoint = ''] = etcd.endpoints
  const bare = () =>
    Number(
      execFileSync(node, [resolve('bench/bare-put.ts'), etcd.hosts[0] ?? '', String(compared)], { encoding: 'utf8' }),
    )
  const held = () => {
    soak('etcd3/put', '--etcd', endpoint)
    const { end } = readRecording(join(out, 'etcd3/put/recording.ndjson'))
    // Measuring memory comes last, and slows the cycles: it is a figure of its own.
    const { cycles: counted, batchMs } = end?.beforeMemory ?? { cycles: end?.cycles ?? 0, batchMs: end?.batchMs ?? 1 }
    const measuring = ((end?.cycles ?? 0) - counted) / Math.max(1, (end?.batchMs ?? 0) - batchMs)
    slowed.push(measuring / (counted / batchMs))
    compared = counted
    return (counted / batchMs) * 1000
  }
  const slowed: number[] = []
  // As many cycles as are held before memory is measured: the first of them are slower, in both alike.
  let compared = 0
  held()
  slowed.length = 0
  // A B, then B A: what drifts does so for both.
  const pairs = Array.from({ length: 7 }, (_, i) => {
    if (i % 2 === 0) return held() / bare()
    const first = bare()
    return held() / first
  })
  say(
    'cycles per second of etcd3/put, held ÷ bare',
    median(pairs),
    '',
    'at least 0.98',
    median(pairs) >= 0.98,
    `7 pairs, ${spread(pairs)}`,
  )
  say(
    '…and while it measures memory ÷ before',
    median(slowed),
    '',
    'at least 0.6',
    median(slowed) >= 0.6,
    `${slowed.length} runs, ${spread(slowed)}`,
  )
}

function checkpoints(): void {
  const { results, ms } = soak('etcd3/put')
  const [run] = results.runs
  const share = run?.checkpointShare ?? 1
  const isInTime = run?.verdict === 'clean' && ms <= 45_000
  say('etcd3/put called clean after', ms / 1000, ' s', 'at most 45 s', isInTime, `${run?.cycles} cycles`)
  say(
    'share of etcd3/put, of default length, that checkpoints take',
    share * 100,
    ' %',
    'at most 15 %',
    share <= 0.15,
    `${run?.checkpoints} checkpoints, ${run?.cycles} cycles`,
  )
}

function leak(): void {
  const { results, ms } = soak('dcs-client/resolver-leak')
  const called = results.runs[0]?.verdict === 'leaking'
  say(
    'dcs-client/resolver-leak called leaking after',
    ms / 1000,
    ' s',
    'at most 20 s, final drain included',
    called && ms <= 20_000,
  )
}

/** The real program, leaking and cured: HOLDWATER_PATRONI_LEAKING and HOLDWATER_PATRONI_FIXED name a patronictl each. */
function patroni(): void {
  const verdicts = { LEAKING: ['leaking', 20], FIXED: ['clean', 240] } as const
  for (const [which, [verdict, within]] of Object.entries(verdicts)) {
    const patronictl = process.env[`HOLDWATER_PATRONI_${which}`]
    if (!patronictl) {
      if (asked.includes('patroni')) missed++
      console.log(`- patronictl, ${verdict}: not measured: HOLDWATER_PATRONI_${which} names none`)
      continue
    }
    process.env.PATRONICTL = patronictl
    const { results, ms } = soak('patroni/patronictl-watch')
    delete process.env.PATRONICTL
    const [run] = results.runs
    const holds = run?.verdict === verdict && ms <= within * 1000
    say(
      `patroni/patronictl-watch called ${verdict} after`,
      ms / 1000,
      ' s',
      `at most ${within} s`,
      holds,
      `${run?.cycles} refreshes`,
    )
  }
}

/** What the life logs of dcs-client cost where they cost most: a component that starts and stops in every cycle. */
function logging(): void {
  const perSecond = (level: string) => {
    process.env.HOLDWATER_LOG = level
    soak('dcs-client/resolver-stopped', '--cycles', '200', '--until', 'end')
    delete process.env.HOLDWATER_LOG
    const { end } = readRecording(join(out, 'dcs-client/resolver-stopped/recording.ndjson'))
    return ((end?.cycles ?? 0) / (end?.batchMs ?? 1)) * 1000
  }
  const pairs = Array.from({ length: 5 }, () => perSecond('info') / perSecond(''))
  say(
    'cycles per second of dcs-client/resolver-stopped, HOLDWATER_LOG=info ÷ without',
    median(pairs),
    '',
    'at least 0.9',
    median(pairs) >= 0.9,
    `5 pairs, ${spread(pairs)}`,
  )
}

/** Thousands of clients: 10,000 cycles within the default length, on both kinds of etcd that holdwater starts. */
function thousands(): void {
  for (const where of ['local', 'docker'])
    for (const name of ['dcs-client/cached-client', 'dcs-client/resolver-shared', 'etcd3/put']) {
      const { results, ms } = soak(name, '--until', 'end', '--etcd', where)
      const [run] = results.runs
      if (where === 'docker' && run?.outcome === 'error') {
        if (asked.includes('thousands')) missed++
        console.log(`- ${name} in a container: not measured: ${run.reason.split('\n')[1]}`)
        continue
      }
      const cycles = run?.cycles ?? 0
      const whole = cycles >= 10_000 && run?.failedCycles === 0 && run.verdict === 'clean'
      say(
        `${name} --until end --etcd ${where}`,
        ms / 1000,
        ' s',
        'all 10,000 cycles, none failed',
        whole,
        `${cycles} cycles`,
      )
    }
}

/** All scenarios one by one, and side by side. */
function jobs(): void {
  const [one, two] = ['1', '2'].map((n) => soak('--jobs', n, '--explain', 'never')) as [Soaked, Soaked]
  const verdicts = ({ results }: Soaked) => results.runs.map(({ scenario, verdict }) => `${scenario} ${verdict}`).join()
  const same = verdicts(one) === verdicts(two)
  const seconds = [one, two].map(({ ms }) => `${(ms / 1000).toFixed(0)} s`).join(' and ')
  const ratio = two.ms / one.ms
  const bound = 'at most 0.6, the same verdicts'
  say('all of them, two at a time', two.ms / 1000, ' s', 'at most 600 s', two.ms <= 600_000)
  say(`all ${one.results.runs.length} scenarios, --jobs 2 ÷ --jobs 1`, ratio, '', bound, same && ratio <= 0.6, seconds)
}

/** Each fault's leak and its clean twin, told apart ten times of ten. */
function faults(): void {
  const wrong: string[] = []
  let runs = 0
  for (let i = 0; i < 10; i++)
    for (const { scenario, outcome, reasonCode, reason, expect } of soak('controls/faults', '--explain', 'never')
      .results.runs) {
      runs++
      const right = outcome === 'pass' && (expect === 'clean' || reasonCode === 'grows-under-faults')
      if (!right) wrong.push(`\n  ${scenario}: ${reason}`)
    }
  say('controls/faults told wrong', wrong.length, '', 'none', wrong.length === 0, `${runs} runs${wrong.join('')}`)
}

async function long(): Promise<void> {
  for (const args of [
    ['--cycles', '1000000'],
    ['--for', '3m'],
  ]) {
    const { cycles, ms, from, to } = await benchSoak(cli, out, args)
    const grown = (to - from) / 1024 ** 2
    const note = `${(from / 1024 ** 2).toFixed(0)} MB to ${(to / 1024 ** 2).toFixed(0)} MB, ${(ms / 1000).toFixed(0)} s`
    const what = `holdwater's own memory over ${cycles.toLocaleString('en')} cycles of controls/idle, from a tenth on`
    say(what, grown, ' MB', 'less than 5 MB', grown < 5, note)
  }
}

/** Memory of a day, read every nine seconds, with noise and a warm-up. */
function judging(): void {
  const x = Float64Array.from({ length: 10_000 }, (_, i) => i * 9)
  const y = x.map((s, i) => 2e8 + 3e7 * (1 - Math.exp(-s / 5000)) + ((i * 7919) % 1009) * 1000)
  const judged = Array.from({ length: 21 }, () => {
    const from = performance.now()
    judgeLong({ x, y }, 100, { starts: null, msPerUnit: 1000 })
    return performance.now() - from
  })
  say(
    '10,000 readings of memory judged in',
    median(judged),
    ' ms',
    'at most 50 ms',
    median(judged) <= 50,
    spread(judged),
  )
}

const parts: Record<string, () => unknown> = {
  version,
  judging,
  timeline: () => benchTimeline(say),
  report: () => benchReport(say, out),
  watch: () => benchWatch(say, out),
  crash() {
    missed += benchCrash(say, soak, asked.includes('crash'))
  },
  checkpoints,
  leak,
  throughput,
  patroni,
  logging,
  thousands,
  faults,
  long,
  jobs,
}
/** Minutes to hours: only by name. */
const longest: typeof parts = {
  collectors: () => benchCollectors(say, cli, out),
  processes: () => benchProcesses(say, out),
  clean: () => benchClean(say, soak, out),
}
for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
for (const [name, part] of Object.entries(longest)) if (asked.includes(name)) await part()
process.exitCode = missed > 0 ? 1 : 0
