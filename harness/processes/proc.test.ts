import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isStopped, procLacks } from './proc.ts'

it.skipIf(procLacks !== null)(
  `a process is stopped when all its threads are, or when it is gone${procLacks ? ` (skipped: ${procLacks})` : ''}`,
  async () => {
    // Of its threads one always runs.
    const script = `new (require('node:worker_threads').Worker)('console.log(1); for(;;);', { eval: true })`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    const pid = child.pid as number
    expect(isStopped(pid)).toBe(false)
    child.kill('SIGSTOP')
    while (!isStopped(pid)) await setImmediate()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isStopped(pid)).toBe(true)
  },
)
