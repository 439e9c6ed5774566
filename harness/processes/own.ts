/** A process of ours that serves one run, so that its work is not holdwater's own: it is asked, and tells, over its channel. */
import type { ChildProcess } from 'node:child_process'
import { EnvironmentError } from '../errors.ts'
import { startProcess } from './start.ts'
import type { Warden } from './warden.ts'

export type OwnProcess = {
  child: ChildProcess
  /** Rejects with an EnvironmentError when it has left. */
  gone: Promise<never>
  release(): Promise<void>
}

/** @param what it is, for whoever reads that it has left */
export async function startOwn(
  program: string,
  what: string,
  { warden, flags = [] }: { warden: Warden; flags?: readonly string[] },
): Promise<OwnProcess> {
  const { child, closed, release } = await startProcess(process.execPath, [...flags, program], {
    warden,
    env: process.env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = closed.then((): never => {
    throw new EnvironmentError(`${what} has left`)
  })
  // Whoever asks hears it.
  gone.catch(() => {})
  return { child, gone, release }
}
