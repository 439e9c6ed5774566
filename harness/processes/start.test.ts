import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProcess } from './start.ts'
import { startWarden, type Warden } from './warden.ts'

let warden: Warden
beforeAll(async () => {
  warden = await startWarden()
})
afterAll(async () => {
  await warden[Symbol.asyncDispose]()
})

const startNode = (script: string) =>
  startProcess(process.execPath, ['-e', script], {
    warden,
    env: process.env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })

it('one that has left before anybody listens is known to have left', async () => {
  const started = await startNode('process.exit(3)')
  await once(started.child, 'close')
  expect(await started.ended).toEqual({ code: 3, signal: null })
  expect(await started.closed).toBe(null)
  await started.release()
})
it('what it said last is heard before it is known to be over', async () => {
  const { child, closed, release } = await startNode(`
    process.once('message', () => {
      for (let i = 0; i < 999; i++) process.send(i)
      process.send(999, () => process.exit())
    })
    process.send('ready')`)
  const heard: unknown[] = []
  child.on('message', (message) => void heard.push(message))
  await once(child, 'message')
  child.send('go')
  expect(await closed).toBe(null)
  expect(heard.at(-1)).toBe(999)
  await release()
})
it('is over when it has left, also where what it left behind still holds its channel', async () => {
  // Without the mark in its environment nobody finds it.
  const started = await startNode(`
    const daemon = require('node:child_process').spawn('sleep', ['60'],
      { detached: true, env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'ignore', 3] })
    process.send(daemon.pid, () => process.exit(5))`)
  const [pid] = (await once(started.child, 'message')) as unknown as [number]
  expect(await started.closed).toMatch(/^something that it left behind still held the channel to holdwater/)
  expect(await started.ended).toEqual({ code: 5, signal: null })
  expect(() => process.kill(pid, 'SIGKILL'), 'it lived all along').not.toThrow()
  await started.release()
})
it('what could not be sent to one that is leaving is no failure', async () => {
  const { child, closed, release } = await startNode('setInterval(() => {}, 1000)')
  child.emit('error', new Error('write EPIPE'))
  child.kill('SIGKILL')
  expect(await closed).toBe(null)
  await release()
})
