import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Kind } from '../twin.ts'

/** What is left open ends with the run: holdwater ends whatever came of a target. */
export const child: Kind<undefined, ChildProcess> = {
  what: 'a child process',
  shows: ['children'],
  async open() {
    const opened = spawn('sleep', ['1000'], { stdio: 'ignore' })
    opened.unref()
    await once(opened, 'spawn')
    return opened
  },
  async close(opened) {
    opened.kill('SIGKILL')
    await once(opened, 'exit')
  },
}
