/** One more run of a scenario under a tool of Clinic.js, which is there if the person has installed it. */
import { closeSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pLimit from 'p-limit'
import { findRunningEtcd, startEtcd } from './dcs/etcd.ts'
import { UsageError } from './errors.ts'
import type { Run } from './model.ts'
import { startProcess } from './processes/start.ts'
import { describeScenario } from './scenario/describe.ts'
import type { ScenarioFile } from './scenario/names.ts'
import { type SoakOptions, seenBy } from './soak.ts'

export type Profiler = 'doctor' | 'bubbleprof' | 'flame' | 'heapprofiler'

/** A profile is no soak: what a profiler writes grows with every cycle. */
const MOST = { cycles: 500, ms: 10_000 }
/** For its analysis, which takes longer than the run. */
const PATIENCE_MS = 120_000
const alone = fileURLToPath(new URL('./probe/node/alone.js', import.meta.url))

/**
 * The program of Clinic.js, as this folder's packages or holdwater's own have it.
 * @throws UsageError where it is not installed
 */
export function findClinic(): string {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url])
    try {
      const manifest = createRequire(from).resolve('clinic/package.json')
      const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> }
      return join(dirname(manifest), bin.clinic ?? '')
    } catch {
      // not there
    }
  throw new UsageError('--profile: expected Clinic.js to be installed, and it is not: npm install --save-dev clinic@13')
}

/** The error in a log, if there is a line that looks like one. */
function lastWords(log: string): string {
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  return `${lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? ''} (${log})`
}

const oneAtATime = pLimit(1)

/**
 * Runs the scenario once more under the tool. Its tools write what they gather where they run before they move it: one at a
 * time in a working directory.
 * @param options `out` is the folder of the scenario's results
 * @returns the page it made, or why there is none
 */
export const profile = (...what: Parameters<typeof profileAlone>): ReturnType<typeof profileAlone> =>
  oneAtATime(() => profileAlone(...what))

async function profileAlone(
  scenario: ScenarioFile,
  { tool, cycles, ...options }: Omit<SoakOptions, 'role' | 'cycles'> & { tool: Profiler; cycles: number },
): Promise<NonNullable<Run['profile']>> {
  const { out, warden, interrupted } = options
  const failed = (reason: string) => ({ tool, path: null, reason })
  const described = await describeScenario(scenario, { ...options, logs: out })
  if (!described.fields.cycle) return failed('only a scenario with `cycle` can be profiled')
  const { etcd: needs } = described.fields.needs ?? {}
  const needsEtcd = Boolean(needs)
  const { etcd: found = null, passedOver = [] } = needsEtcd ? await findRunningEtcd(options.etcd) : {}
  await using running = found
  await using own =
    needsEtcd && !running
      ? await startEtcd(options.etcd, {
          warden,
          say: options.onWait,
          readyWithinMs: options.startTimeoutMs,
          passedOver,
          ...(needs ? { needs } : {}),
        })
      : null
  const etcd = running ?? own
  await using scratch = warden.makeDir('profile')
  const folder = resolve(out, 'profile')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const what = {
    file: scenario.file,
    etcd: etcd && seenBy(etcd, null),
    dir: scratch.path,
    cycles: Math.min(cycles, MOST.cycles),
    forMs: MOST.ms,
    // Measured with Clinic.js 13: the heap profiler writes nothing on exit, bubbleprof nothing on an interrupt.
    leave: tool === 'heapprofiler' ? 'interrupt' : 'exit',
  }
  const log = openSync(join(folder, 'clinic.log'), 'w')
  try {
    const clinic = [findClinic(), tool, '--open=false', '--dest', folder, '--']
    await using started = await startProcess(process.execPath, [...clinic, options.node, alone, JSON.stringify(what)], {
      warden,
      env: { ...process.env, NO_INSIGHT: '1', NO_UPDATE_NOTIFIER: '1' },
      stdio: ['ignore', log, log],
    })
    const over = new AbortController()
    const late = wait(MOST.ms + PATIENCE_MS, null, { signal: AbortSignal.any([over.signal, interrupted]) }).catch(
      () => null,
    )
    const exit = await Promise.race([started.ended, late])
    over.abort()
    const [page] = globSync('*.html', { cwd: folder })
    if (page) return { tool, path: join(folder, page), reason: null }
    if (exit === null) return failed(interrupted.aborted ? 'stopped by Ctrl-C' : 'it took too long')
    return failed(`it left with exit code ${exit.code} and no page: ${lastWords(join(folder, 'clinic.log'))}`)
  } finally {
    closeSync(log)
  }
}
