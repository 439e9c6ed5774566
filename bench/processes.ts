/**
 * The resident memory of real processes, read once a second side by side: clean ones must not be called leaking, and of leaks – planted in
 * each language, and added as ramps of three sizes – it is told which were seen. `npm run bench -- processes` takes half an hour; `PROCESSES_MINUTES`
 * says otherwise.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { judgeAlone } from '../harness/judge/alone.ts'
import { statusField } from '../harness/processes/proc.ts'
import { rate } from '../reports/format.ts'
import { type Built, builtOf } from './built.ts'

const here = resolve('bench/processes')
/** Bytes that the leaky ones keep in each of fifty turns a second. */
const LEAK = 1000
/** Ramps that are added to the clean ones, bytes per second. */
const RAMPS = [2000, 10_000, 50_000]
const REDIS_PORT = 26_390
const ETCD_PORT = 26_391

type Program = Built & {
  run: (dir: string, leak: number) => readonly string[]
  /** Has a leaky twin. */
  leaks: boolean
  /** What it is asked to do, a few times a second, for as long as the process lives. */
  load?: () => Disposable
}

/** Twenty writes a second of keys that expire. */
function loadRedis(): Disposable {
  const socket = createConnection(REDIS_PORT, '127.0.0.1').on('error', () => {})
  socket.resume()
  const timer = setInterval(() => {
    const value = 'x'.repeat(100 + Math.floor(Math.random() * 900))
    socket.write(`SET k${Math.floor(Math.random() * 500)} ${value} EX 20\r\n`)
  }, 50)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      socket.destroy()
    },
  }
}

/** Ten puts a second of a few hundred keys. */
function loadEtcd(): Disposable {
  const timer = setInterval(() => {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const body = JSON.stringify({
      key: base64(`k${Math.floor(Math.random() * 300)}`),
      value: base64('x'.repeat(Math.floor(Math.random() * 300))),
    })
    fetch(`http://127.0.0.1:${ETCD_PORT}/v3/kv/put`, { method: 'POST', body })
      .then((answer) => answer.text())
      .catch(() => {})
  }, 100)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

const programs: readonly Program[] = [
  {
    name: 'Java, G1',
    needs: 'javac',
    build: (dir) => ['javac', '-d', dir, join(here, 'App.java')],
    run: (dir, leak) => ['java', '-XX:+UseG1GC', '-Xmx256m', '-cp', dir, 'App', String(leak)],
    leaks: true,
  },
  {
    name: 'Go',
    needs: 'go',
    build: (dir) => ['go', 'build', '-o', join(dir, 'app-go'), join(here, 'main.go')],
    run: (dir, leak) => [join(dir, 'app-go'), String(leak)],
    leaks: true,
  },
  { name: 'Node', needs: 'node', run: (_, leak) => ['node', join(here, 'app.js'), String(leak)], leaks: true },
  { name: 'Node, idle', needs: 'node', run: () => ['node', '-e', 'setInterval(() => {}, 1e6)'], leaks: false },
  { name: 'Python', needs: 'python3', run: (_, leak) => ['python3', join(here, 'app.py'), String(leak)], leaks: true },
  { name: 'Ruby', needs: 'ruby', run: (_, leak) => ['ruby', join(here, 'app.rb'), String(leak)], leaks: true },
  {
    name: 'Redis under load',
    needs: 'redis-server',
    run: (dir) => ['redis-server', '--port', String(REDIS_PORT), '--save', '', '--dir', dir],
    leaks: false,
    load: loadRedis,
  },
  {
    name: 'etcd under load',
    needs: 'etcd',
    run: (dir) => {
      const client = `http://127.0.0.1:${ETCD_PORT}`
      const peer = `http://127.0.0.1:${ETCD_PORT + 1}`
      const urls = ['--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer]
      return ['etcd', '--data-dir', join(dir, 'etcd'), '--auto-compaction-retention', '1m', ...urls]
    },
    leaks: false,
    load: loadEtcd,
  },
]

type Running = { name: string; isLeaky: boolean; child: ChildProcess; seconds: number[]; bytes: number[] }

/** Resident memory in bytes; null of what has ended. */
function residentOf(pid: number): number | null {
  try {
    const kB = statusField(readFileSync(`/proc/${pid}/status`, 'latin1'), 'VmRSS')
    return kB === null ? null : kB * 1024
  } catch {
    return null
  }
}

/** Starts what this machine has. */
function startAll(dir: string, held: DisposableStack): Running[] {
  return builtOf(programs, dir).flatMap(({ name, run, leaks, load }) =>
    [false, ...(leaks ? [true] : [])].map((isLeaky): Running => {
      const [file = '', ...rest] = run(dir, isLeaky ? LEAK : 0)
      const child = spawn(file, rest, { stdio: 'ignore' })
      held.defer(() => void child.kill())
      if (load) held.use(load())
      return { name, isLeaky, child, seconds: [], bytes: [] }
    }),
  )
}

async function record(running: readonly Running[], minutes: number): Promise<void> {
  const from = performance.now()
  for (let second = 0; second < minutes * 60; second++) {
    await sleep(Math.max(0, from + second * 1000 - performance.now()))
    for (const { child, seconds, bytes } of running) {
      const resident = residentOf(child.pid ?? 0)
      if (resident === null) continue
      seconds.push((performance.now() - from) / 1000)
      bytes.push(resident)
    }
  }
}

type Say = (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void

const verdictOf = ({ seconds, bytes }: Running, ramp = 0) =>
  judgeAlone(
    seconds,
    bytes.map((value, i) => value + ramp * (seconds[i] as number)),
    { unit: 'bytes', budget: 0, resolution: 1, along: 'time' },
  )

export async function benchProcesses(say: Say, dir: string): Promise<void> {
  const minutes = Number(process.env.PROCESSES_MINUTES ?? 30)
  using held = new DisposableStack()
  const running = startAll(dir, held)
  await record(running, minutes)
  console.log(`| process | verdict | growth per second (95 %) | ramps of ${RAMPS.join(', ')} B per second |`)
  console.log(`|${' --- |'.repeat(4)}`)
  for (const one of running) {
    const { verdict, confirmed, growthPerCycle, low, high } = verdictOf(one)
    const between = [growthPerCycle, low, high].map((value) => rate(value ?? 0, 'bytes'))
    const told = verdict === 'leaking' && !confirmed ? 'to be confirmed' : verdict
    const ramps = one.isLeaky ? '' : RAMPS.map((ramp) => verdictOf(one, ramp).verdict).join(', ')
    const name = `${one.name}${one.isLeaky ? `, leaks ${50 * LEAK} B per second` : ''}`
    console.log(`| ${name} | ${told} | ${between[0]} (${between[1]} to ${between[2]}) | ${ramps} |`)
  }
  const wrong = running.filter((one) => !one.isLeaky && verdictOf(one).confirmed === true)
  const names = wrong.map(({ name }) => name).join(', ')
  const note = `${running.length} processes, ${minutes} min${names && `: ${names}`}`
  say('clean processes called leaking for certain', wrong.length, '', 'none', wrong.length === 0, note)
  const missed = running.filter((one) => one.isLeaky && verdictOf(one).verdict === 'clean')
  say('leaky processes called clean', missed.length, '', 'none', missed.length === 0)
}
