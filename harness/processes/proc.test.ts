import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isStopped, procLacks, programIn } from './proc.ts'

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

it.each([
  [['/usr/bin/node', '--expose-gc', '/srv/worker.js', '--token', 'secret'], 'node worker.js'],
  [['python3', '-u', 'app.py'], 'python3 app.py'],
  [['python3', '-c', 'import secret.py'], 'python3'],
  [['redis-cli', '-a', 's3cr.et'], 'redis-cli'],
  [['curl', 'https://a:b@host.com'], 'curl'],
])('of the words of %j nothing secret is in its name', (words, name) => {
  expect(programIn(words).join(' ')).toBe(name)
})
