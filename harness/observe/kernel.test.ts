/** The kernel view, against a real process that says what it holds. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { openFamily } from '../processes/family.ts'
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
const readable = (pid: number, tree: boolean) => ({ pid, channelFd: 3, family: openFamily(pid, { tree }) })
const alone = (pid: number) => readable(pid, false)

async function start(script: string): Promise<number> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  await once(createInterface({ input: child.stdout }), 'line')
  return child.pid as number
}

describe.skipIf(procLacks !== null)(`the kernel view${procLacks ? ` (skipped: ${procLacks})` : ''}`, () => {
  it('sees threads, descriptors, sockets and children, each once', async () => {
    const nothing = readKernel(alone(await start("setInterval(() => {}, 1e6); console.log('ready')")), {
      withPeers: false,
    })
    const something = readKernel(alone(await start(holds)), { withPeers: true })
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

  it('adds up a process and all that came of it, at a checkpoint and between two', async () => {
    const pid = await start(holds)
    const [own, all] = [alone(pid), readable(pid, true)]
    const [one, sum] = [own, all].map((of) => readKernel(of, { withPeers: false }).readings)
    // Its child, `sleep`, has a thread.
    expect((sum?.threads ?? 0) - (one?.threads ?? 0)).toBe(1)
    expect([one?.children, sum?.children]).toEqual([1, 1])
    const [timeline, timelines] = [openTimeline(own), openTimeline(all)]
    expect((timelines?.read()?.threads ?? 0) - (timeline?.read()?.threads ?? 0)).toBe(1)
    expect(timelines?.read()?.rss).toBeGreaterThan(timeline?.read()?.rss ?? Infinity)
    for (const opened of [timeline, timelines]) opened?.close()
  })

  it('has no reading of a process that is gone, and never a zero', async () => {
    const pid = await start("console.log('ready'); setInterval(() => {}, 1e6)")
    const timeline = openTimeline(alone(pid))
    expect(timeline?.read()).toMatchObject({ threads: expect.any(Number), rss: expect.any(Number) })
    const child = started.at(-1) as ReturnType<typeof spawn>
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(timeline?.read()).toBe(null)
    timeline?.close()
    const { readings, unread } = readKernel(alone(pid), { withPeers: false })
    expect(new Set(Object.values(readings))).toEqual(new Set([null]))
    expect(unread.threads).toMatch('could not be read')
  })
})
