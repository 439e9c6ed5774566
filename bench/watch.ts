/** What `holdwater watch` costs: the process that is watched, a core, and, over a day, memory. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { Results } from '../harness/model.ts'
import { onPath } from '../harness/processes/start.ts'

type Say = (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void

const cli = resolve('dist/harness/cli.js')
/** Many short ones: what a noisy machine does, it does to both of a pair. */
const PAIRS = 101
const WINDOW_MS = 1000
const CPU_MS = 30_000
/** What Linux counts a process's time in (sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10

/** Opens and closes connections to itself, and says on request how many since it was last asked. */
const worker = `
const net = require('node:net')
let done = 0
const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1', async () => {
  console.log('ready')
  for (;;) {
    await new Promise((closed) => net.connect(server.address().port, '127.0.0.1').resume().once('close', closed))
    done++
  }
})
process.stdin.on('data', () => { console.log(done); done = 0 })
`
const holder = `
import sys, threading
threading.stack_size(65536)
over = threading.Event()
for _ in range(7999):
    threading.Thread(target=over.wait, daemon=True).start()
print('ready', flush=True)
sys.stdin.read()
`

async function started(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const next = async (): Promise<string> => (await once(lines, 'line'))[0]
  await next()
  return { child, pid: child.pid as number, next }
}

/** Watches, and is past its start when this resolves. */
async function watching(pid: number, out: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [cli, 'watch', '--pid', String(pid), '--out', out, '--reporter', 'json'])
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.includes('or Ctrl-C')) break
  }
  await wait(1500)
  return child
}
async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
}

async function throughput(say: Say, out: string): Promise<void> {
  const { child, pid, next } = await started(process.execPath, ['-e', worker])
  const perSecond = async () => {
    child.stdin.write('reset\n')
    await next()
    const from = performance.now()
    await wait(WINDOW_MS)
    child.stdin.write('tell\n')
    const done = Number(await next())
    return (done / (performance.now() - from)) * 1000
  }
  const watch = await watching(pid, out)
  const watched = () => {
    watch.kill('SIGCONT')
    return perSecond()
  }
  const alone = () => {
    watch.kill('SIGSTOP')
    return perSecond()
  }
  const pairs: number[] = []
  for (let i = 0; i < PAIRS; i++) {
    if (i % 2 === 0) pairs.push((await watched()) / (await alone()))
    else {
      const first = await alone()
      pairs.push((await watched()) / first)
    }
  }
  watch.kill('SIGCONT')
  await end(watch)
  child.kill('SIGKILL')
  const sorted = pairs.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(PAIRS / 2)] as number
  const spread = `${PAIRS} pairs, ${sorted[0]?.toFixed(3)} to ${sorted.at(-1)?.toFixed(3)}`
  say('throughput of a process while it is watched ÷ alone', median, '', 'at least 0.99', median >= 0.99, spread)
}

/** User and system time of a process, ms. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

async function share(say: Say, out: string): Promise<void> {
  if (!onPath('python3')) {
    console.log('- watching 8,000 threads: skipped, no python3 to hold them; sudo apt-get install python3')
    return
  }
  const { child, pid } = await started('python3', ['-c', holder])
  const watch = await watching(pid, out)
  const before = cpuOf(watch.pid as number)
  await wait(CPU_MS)
  const percent = ((cpuOf(watch.pid as number) - before) / CPU_MS) * 100
  await end(watch)
  child.kill('SIGKILL')
  say('share of a core that watching 8,000 threads takes', percent, ' %', 'at most 1 %', percent <= 1)
}

function day(say: Say, out: string): void {
  const args = ['run', 'bench/watch-day.ts', '--explain', 'never', '--for', '20m', '--cycles', '864', '--until', 'end']
  try {
    execFileSync(process.execPath, [cli, ...args, '--out', out, '--reporter', 'json'], { stdio: 'ignore' })
  } catch {
    // told by results.json
  }
  const results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results
  const [run] = results.runs
  const heap = run?.resources.find(({ name }) => name === 'heap')
  const seconds = (run?.cycles ?? 0) * 100
  say(
    'heap per second of a day of watching, driven faster',
    (heap?.growthPerCycle ?? Number.NaN) / 100,
    ' B',
    'a day, judged clean',
    run?.verdict === 'clean' && heap?.verdict === 'clean' && seconds >= 86_400,
    `${seconds.toLocaleString('en')} readings, ${run?.verdict}: ${run?.reason}`,
  )
}

export async function benchWatch(say: Say, out: string): Promise<void> {
  await share(say, out)
  await throughput(say, out)
  day(say, out)
}
