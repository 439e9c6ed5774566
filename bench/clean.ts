/**
 * How often a clean program gets an answer, and the right one: real runs of what is clean, beside two loops that keep two cores
 * busy. It may be broken off, and goes on where it was: what came of each run is in a file.
 */
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Results, Run } from '../harness/model.ts'
import { startWarden } from '../harness/processes/warden.ts'
import { installed, soakOf, startServers, variantsOf } from './corpus-cases.ts'

const RUNS = 100
const LOOPS = 2
/** Of a hundred runs. */
const MOST_UNDECIDED = 0.01
const file = resolve('node_modules/.cache/holdwater-clean.ndjson')

type Done = { harness: string; what: string; seconds: number } & Pick<Run, 'verdict' | 'cycles' | 'reason'>

/** What is soaked, and by what: with another judge the count begins anew, with other docs it does not. */
const COUNTED = ['harness', 'scenarios', 'bench/corpus-cases.ts']
const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()

/** By its content. @throws Error where it is not what was committed: nobody could say later what was counted */
function harnessNow(): string {
  const changed = git('status', '--porcelain', '--', ...COUNTED)
  if (changed)
    throw new Error(`expected ${COUNTED.join(', ')} as they were committed, got changes: commit first\n${changed}`)
  return COUNTED.map((path) => git('rev-parse', `HEAD:${path}`).slice(0, 12)).join(' ')
}

function before(harness: string): Done[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Done).filter((done) => done.harness === harness)
}

/** Keeps a core busy for as long as this process lives. */
function busy(): Disposable {
  const loop = spawn(process.execPath, ['-e', 'for (const { ppid } = process; process.ppid === ppid; ) ;'])
  return { [Symbol.dispose]: () => void loop.kill() }
}

export async function benchClean(
  say: (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void,
  soak: (...args: string[]) => { results: Results; ms: number },
  dir: string,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const harness = harnessNow()
  const healthy = variantsOf().filter(({ variant }) => variant === 'only')
  await using warden = await startWarden()
  await using servers = await startServers(healthy, { warden, dir })
  Object.assign(process.env, servers.env)
  const cases: Record<string, () => string[]> = {
    'etcd3/put': () => ['etcd3/put'],
    'dcs-client/watch': () => ['dcs-client/watch'],
    ...Object.fromEntries(
      healthy
        .filter(({ needs }) => !needs || !servers.missing[needs])
        .map((variant) => [variant.name, () => soakOf(installed(variant))]),
    ),
  }
  for (const { name, needs } of healthy)
    if (needs && servers.missing[needs]) console.log(`- ${name} left out: ${servers.missing[needs]}`)
  const done = before(harness)
  if (done.length > 0) console.log(`${done.length} runs of this harness/ are in ${file}`)
  using loops = new DisposableStack()
  for (let i = 0; i < LOOPS; i++) loops.use(busy())
  while (done.length < RUNS) {
    const times = (name: string) => done.filter(({ what }) => what === name).length
    const [what] = Object.keys(cases).toSorted((a, b) => times(a) - times(b)) as [string]
    const { results, ms } = soak(...(cases[what]?.() ?? []), '--explain', 'never')
    const [run] = results.runs
    if (!run) throw new Error(`${what} left no result`)
    const { verdict, cycles, reason } = run
    const one = { harness, what, seconds: Math.round(ms / 1000), verdict, cycles, reason }
    done.push(one)
    appendFileSync(file, `${JSON.stringify(one)}\n`)
    const told = verdict === 'clean' ? '' : `: ${reason}`
    console.log(
      `${verdict === 'clean' ? '✔' : '✖'} ${done.length} of ${RUNS}: ${what} ${verdict}, ${cycles} cycles, ${one.seconds} s${told}`,
    )
  }
  const of = (asked: Run['verdict']) => done.filter(({ verdict }) => verdict === asked).length
  const note = `${RUNS} runs of ${Object.keys(cases).length} programs, beside ${LOOPS} busy loops`
  say('clean runs called leaking', of('leaking'), '', 'none', of('leaking') === 0, note)
  const open = done.length - of('clean') - of('leaking')
  say('clean runs without an answer', open, '', 'at most 1 %', open <= MOST_UNDECIDED * RUNS, note)
}
