/** The kernel view, against a real process that says what it holds. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { procLacks } from '../processes/proc.ts'
import { openTimeline, readKernel } from './kernel.ts'

const holds = `
const { openSync } = require('node:fs'), { spawn } = require('node:child_process'), net = require('node:net'), { Worker } = require('node:worker_threads')
for (let i = 0; i < 3; i++) openSync('/dev/null')
const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
const worker = new Worker('setInterval(() => {}, 1e6)', { eval: true })
const server = net.createServer().listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => worker.once('online', () => console.log('ready')))
})
process.on('SIGTERM', () => { child.kill(); process.exit() })
`
const started: ReturnType<typeof spawn>[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGTERM')
})
async function start(script: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  await once(createInterface({ input: child.stdout }), 'line')
  return child.pid as number
}

describe.skipIf(procLacks !== null)(`the kernel view${procLacks ? ` (skipped: ${procLacks})` : ''}`, () => {
  it('sees threads, descriptors, sockets and children, each once', async () => {
    const nothing = readKernel(
      { pid: await start("setInterval(() => {}, 1e6); console.log('ready')"), channelFd: 3 },
      { withPeers: false },
    )
    const something = readKernel({ pid: await start(holds), channelFd: 3 }, { withPeers: true })
    const more = (name: string) => (something.readings[name] ?? 0) - (nothing.readings[name] ?? 0)
    expect(more('children')).toBe(1)
    expect(more('sockets')).toBe(3) // a server, and both ends of a connection
    expect(more('threads')).toBe(1)
    expect(something.detail.fds?.file).toBe((nothing.detail.fds?.file ?? 0) + 3)
    expect(Object.keys(something.detail.sockets ?? {}).sort()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^tcp ESTABLISHED 127\.0\.0\.1:\d+$/),
        expect.stringMatching(/^tcp LISTEN/),
      ]),
    )
    expect(something.unread).toEqual({})
  })

  it('has no reading of a process that is gone, and never a zero', async () => {
    const pid = await start("console.log('ready'); setInterval(() => {}, 1e6)")
    const timeline = openTimeline(pid, 3)
    expect(timeline?.read()).toMatchObject({ threads: expect.any(Number), rss: expect.any(Number) })
    const child = started.at(-1) as ReturnType<typeof spawn>
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(timeline?.read()).toBe(null)
    timeline?.close()
    const { readings, unread } = readKernel({ pid, channelFd: 3 }, { withPeers: false })
    expect(new Set(Object.values(readings))).toEqual(new Set([null]))
    expect(unread.threads).toMatch('could not be read')
  })
})
