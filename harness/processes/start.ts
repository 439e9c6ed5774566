/** Starts a process so that its end is certain: in a group of its own, marked, known to the warden, tied to our life. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Kept, newMark, type Warden } from './warden.ts'

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** A process that runs. `ended` resolves when it has left; `release` ends its whole group. */
export type StartedProcess = Kept & { child: ChildProcess; pid: number; ended: Promise<Exit> }

/** Full path of a command on the PATH, or null. */
export function onPath(command: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      return path
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
  kept.lead(child.pid)
  return { ...kept, child, pid: child.pid, ended }
}
