/** Starts a process so that its end is certain: in a group of its own, marked, known to the warden, tied to our life. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { membersOf } from './end.ts'
import { MARK, procLacks } from './proc.ts'
import { type Kept, newMark, type Warden } from './warden.ts'

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** A process that runs. `release` ends its whole group. */
export type StartedProcess = Kept & {
  child: ChildProcess
  pid: number
  /** Resolves when it has left. */
  ended: Promise<Exit>
  /** Resolves when it has left and what it said last has been heard: with null, or with what is not known to be over. */
  closed: Promise<string | null>
  /** What came of it and lives, itself left out. */
  others(): number[]
}

/** Full path of a program on the PATH, or null. */
export function onPath(command: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // not in this folder
    }
  }
  return null
}

/** What a second belt beside the warden stands on: the kernel kills the process when holdwater dies. */
const BELT = ['--pdeathsig', 'KILL', '--'] as const

export type StartOptions = {
  warden: Warden
  env: NodeJS.ProcessEnv
  cwd?: string
  stdio: StdioOptions
  /** Programs that set limits and become the next one: what stands before the command. */
  prefix?: readonly string[]
}

/**
 * Starts `command`, with util-linux's setpriv as a second belt where it is there.
 * @throws when the command cannot be run at all
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  { warden, env, cwd, stdio, prefix = [] }: StartOptions,
): Promise<StartedProcess> {
  const mark = newMark()
  const kept = warden.keepGroup(mark)
  const setpriv = process.platform === 'linux' ? onPath('setpriv') : null
  const [file, ...rest] = [...prefix, ...(setpriv ? [setpriv, ...BELT] : []), command, ...args]
  const child = spawn(file as string, rest, {
    detached: true,
    env: { ...env, [MARK]: mark },
    stdio,
    ...(cwd ? { cwd } : {}),
  })
  const ended = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  // Heard of from here on: it may be gone before whoever starts it knows of it.
  const closed = untilClosed(child, ended)
  if (child.pid === undefined) {
    const [error] = await once(child, 'error')
    await kept.release()
    throw error
  }
  child.on('error', () => {}) // a message to a process that has left; `ended` tells of it
  const { pid } = child
  const group = kept.lead(pid)
  if (setpriv && !procLacks && !(await becomesItself(pid, ended))) {
    await kept.release()
    throw new Error('it left at once, and could not be executed')
  }
  return {
    ...kept,
    child,
    pid,
    ended,
    closed,
    others: () => (procLacks ? [] : membersOf(group).filter((member) => member !== pid)),
  }
}

/** What it left behind may keep its pipes and its channel open: they are not waited for any longer. */
const CLOSES_WITHIN_MS = 1000

async function untilClosed(child: ChildProcess, ended: Promise<Exit>): Promise<string | null> {
  let isClosed = false
  const close = new Promise<void>((resolve) =>
    child.once('close', () => {
      isClosed = true
      resolve()
    }),
  )
  await ended
  const late = new AbortController()
  await Promise.race([close, wait(CLOSES_WITHIN_MS, null, { signal: late.signal }).catch(() => {})])
  late.abort()
  // All that it said itself can be read by now, and a busy process of ours comes to its timers first.
  await setImmediate()
  if (isClosed) return null
  const open = child.connected ? 'the channel to holdwater' : 'its output'
  if (child.connected) child.disconnect()
  for (const stream of child.stdio) stream?.destroy()
  return `something that it left behind still held ${open} ${CLOSES_WITHIN_MS / 1000} s later`
}

const POLL_MS = 2
/** What setpriv, as a shell, leaves with when the program cannot be executed. */
const CANNOT_EXECUTE = [126, 127]

const marked = `\0${BELT.join('\0')}\0`
/** A program that shows no arguments at all is taken for itself after so long. */
const SHOWS_WITHIN_MS = 10_000

/**
 * Resolves when what stands before a program has become the program: until then its arguments are still among those of
 * another. False when it could not.
 */
async function becomesItself(pid: number, ended: Promise<Exit>): Promise<boolean> {
  for (let waited = 0; waited < SHOWS_WITHIN_MS; waited += POLL_MS) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
      // It has none while one program gives way to the next, nor once it has ended.
      if (line !== '' && !line.includes(marked)) return true
    } catch {
      // gone, or not ours to see
    }
    const exit = await Promise.race([wait(POLL_MS, null), ended])
    if (exit) return !CANNOT_EXECUTE.includes(exit.code ?? 0)
  }
  return true
}
