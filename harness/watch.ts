/** The whole of a watch: a process that is there, or a command that is started → recording. */
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { EnvironmentError, UsageError } from './errors.ts'
import { openFolder } from './folder.ts'
import { hostNow, toolVersion } from './host.ts'
import { judge } from './judge/judge.ts'
import { lookEarly } from './judge/look.ts'
import { type HeaderLine, type Plan, RECORDING_SCHEMA, type Recording } from './model.ts'
import { startCommand } from './observe/command-target.ts'
import { type Clock, type Live, type Standing, watchLive } from './observe/live.ts'
import { procLacks, programIn, statusField } from './processes/proc.ts'
import type { Warden } from './processes/warden.ts'
import { RECORDING_FILES } from './recording/files.ts'
import { openRecording } from './recording/write.ts'
import { redact, redactArguments, redactHeader } from './secrets.ts'
import { type WatchPlanOptions, watchPlan } from './watch-plan.ts'

/** A process by its number, or a command that is started. */
export type Watched = { pid: number } | { command: readonly string[] }

export type WatchOptions = WatchPlanOptions & {
  /** Folder of the results; the watch gets one of its own below it. */
  out: string
  everyMs: number
  tree: boolean
  /** What was typed. */
  typed: readonly string[]
  revision: string | null
  warden: Warden
  interrupted: AbortSignal
  /** What a person should know before it begins. */
  onNote(text: string): void
  onStart(header: HeaderLine): void
  onProgress(standing: Standing, recording: Recording): void
}

const clock: Clock = {
  now: () => performance.now(),
  spent() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => {}),
}

const proc = (pid: number, name: string): string | null => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return null
  }
}

/**
 * @returns its arguments, and what of it is not ours to read
 * @throws UsageError for a process that cannot be watched at all
 */
function lookUp(pid: number): { argv: string[]; note: string | null } {
  const status = proc(pid, 'status')
  if (status === null)
    throw new UsageError(`--pid ${pid}: expected a process that runs and that you may see, got none of that number`)
  if (/^State:\s+Z/m.test(status))
    throw new UsageError(`--pid ${pid}: expected a process that runs, got one that has ended`)
  if (statusField(status, 'VmRSS') === null)
    throw new UsageError(`--pid ${pid}: expected a process, got a thread of the kernel`)
  const argv = (proc(pid, 'cmdline') ?? '').split('\0').slice(0, -1)
  const name = proc(pid, 'comm')?.trim() ?? String(pid)
  let note: string | null = null
  try {
    readlinkSync(`/proc/${pid}/exe`)
  } catch {
    const [uid, own] = [statusField(status, 'Uid'), process.getuid?.()]
    const whose =
      uid === own
        ? `may not be looked into (ptrace(2), CAP_SYS_PTRACE)`
        : `belongs to uid ${uid}, and you are uid ${own}`
    const remedy = uid === own ? '' : ' As that user or as root, holdwater sees all.'
    note = `Process ${pid} ${whose}: threads, memory and children can be read; descriptors, sockets and what depends on them cannot.${remedy}`
  }
  return { argv: argv.length > 0 ? argv : [name], note }
}

/** What names it in every report, and may stand in a path: the program, and what it was given to run. */
function nameOf(words: readonly string[]): string {
  const plain = (name: string) => name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '')
  const [program = '', script = ''] = programIn(words).map(plain)
  return [program || 'process', script.slice(0, 40)].filter(Boolean).join('-')
}

async function started(command: readonly string[], plan: Plan, out: string, warden: Warden, dir: string) {
  const target = await startCommand({
    argv: command,
    plan,
    warden,
    logs: out,
    dir,
    serverState: null,
    keepsLedger: false,
    prefix: [],
    onNews: () => {},
  })
  const live: Live = {
    pid: target.pid,
    cycles: plan.cycleUnit === 'cycle' ? () => target.ahead?.() ?? 0 : null,
    // With all that it had to say.
    ended: target.ended.then(async (exit) => {
      await target[Symbol.asyncDispose]()
      return exit
    }),
    stderrTail: target.stderrTail,
  }
  return { live, [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() }
}

/**
 * Watches until the process ends, Ctrl-C, `--for`, or a certain verdict.
 * @returns what was recorded, and where
 * @throws UsageError for a process that is not there, or a command that cannot be started
 */
export async function watch(watched: Watched, options: WatchOptions): Promise<{ recording: Recording; path: string }> {
  if (procLacks)
    throw new EnvironmentError(`holdwater watch reads the kernel: it ${procLacks}. \`holdwater run\` works without.`)
  const { warden } = options
  const { argv, note } = 'pid' in watched ? lookUp(watched.pid) : { argv: [...watched.command], note: null }
  if (note) options.onNote(note)
  const name = nameOf(argv)
  // Two processes of one program may be watched at the same time.
  const folder = join('watch', 'pid' in watched ? `${name}-${watched.pid}` : name)
  const out = join(options.out, folder)
  openFolder(out)
  const title = `${redactArguments(argv, redact).join(' ')}${'pid' in watched ? ` (pid ${watched.pid})` : ''}`
  const plan = watchPlan({ name: `watch/${name}`, title }, options)
  await using scratch = warden.makeDir('watch')
  await using own = 'pid' in watched ? null : await started(argv, plan, out, warden, scratch.path)
  const live: Live = own?.live ?? {
    pid: (watched as { pid: number }).pid,
    cycles: null,
    ended: null,
    stderrTail: () => '',
  }
  const header = redactHeader({
    line: 'header',
    schema: RECORDING_SCHEMA,
    tool: toolVersion(),
    startedAt: new Date().toISOString(),
    host: hostNow(),
    etcd: null,
    command: argv,
    role: 'measure',
    project: process.cwd(),
    argv: [...options.typed],
    revision: options.revision,
    limits: [],
    url: null,
    jobs: 1,
    plan,
  })
  const recorder = openRecording(join(out, RECORDING_FILES.measure), header)
  options.onStart(header)
  try {
    await watchLive({
      plan,
      live,
      recorder,
      everyMs: options.everyMs,
      tree: options.tree,
      look: { verdict: (recording) => judge(recording, { early: true }), early: lookEarly },
      interrupted: options.interrupted,
      clock,
      onProgress: (standing) => options.onProgress(standing, recorder.recording),
    })
  } finally {
    recorder.close()
  }
  return { recording: recorder.recording, path: join(folder, RECORDING_FILES.measure) }
}
