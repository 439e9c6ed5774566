/** Starts a process so that its end is certain: in a group of its own, marked, known to the warden, tied to our life. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readlinkSync, realpathSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { membersOf } from './end.ts'
import { type Kept, newMark, type Warden } from './warden.ts'

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** A process that runs. `ended` resolves when it has left; `release` ends its whole group. */
export type StartedProcess = Kept & {
  child: ChildProcess
  pid: number
  ended: Promise<Exit>
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

/**
 * Starts `command`. Where util-linux's setpriv is there, the kernel kills the process when holdwater dies: a second
 * belt beside the warden.
 * @throws when the command cannot be run at all
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  { warden, env, cwd, stdio }: { warden: Warden; env: NodeJS.ProcessEnv; cwd?: string; stdio: StdioOptions },
): Promise<StartedProcess> {
  const mark = newMark()
  const kept = warden.keepGroup(mark)
  const setpriv = process.platform === 'linux' ? onPath('setpriv') : null
  const [file, ...rest] = setpriv ? [setpriv, '--pdeathsig', 'KILL', '--', command, ...args] : [command, ...args]
  const child = spawn(file as string, rest, {
    detached: true,
    env: { ...env, HOLDWATER_MARK: mark },
    stdio,
    ...(cwd ? { cwd } : {}),
  })
  const ended = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  if (child.pid === undefined) {
    const [error] = await once(child, 'error')
    await kept.release()
    throw error
  }
  child.on('error', () => {}) // a message to a process that has left; `ended` tells of it
  const { pid } = child
  const group = kept.lead(pid)
  if (setpriv && !(await becomesAnother(pid, realpathSync(setpriv), ended))) {
    await kept.release()
    throw new Error('it left at once, and could not be executed')
  }
  return {
    ...kept,
    child,
    pid,
    ended,
    others: () => (process.platform === 'linux' ? membersOf(group).filter((member) => member !== pid) : []),
  }
}

const POLL_MS = 2
/** What setpriv, as a shell, leaves with when the program cannot be executed. */
const CANNOT_EXECUTE = [126, 127]

/** Resolves when a process is no longer the program it was started as; false when it could not become the next. */
async function becomesAnother(pid: number, program: string, ended: Promise<Exit>): Promise<boolean> {
  for (;;) {
    try {
      if (readlinkSync(`/proc/${pid}/exe`) !== program) return true
    } catch (error) {
      // Another user's program is not ours to see; any other error means that it has left.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') return true
      return !CANNOT_EXECUTE.includes((await ended).code ?? 0)
    }
    await wait(POLL_MS)
  }
}
