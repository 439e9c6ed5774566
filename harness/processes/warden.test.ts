import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isStopped, liveProcesses, procLacks } from './proc.ts'
import { startWarden } from './warden.ts'

it.skipIf(procLacks !== null)(
  `a warden that is halted is waited for only so long, and does its work when it goes on${procLacks ? ` (skipped: ${procLacks})` : ''}`,
  async () => {
    const before = new Set(liveProcesses().map(({ pid }) => pid))
    const warden = await startWarden({ patienceMs: 200 })
    const [own] = liveProcesses().filter(({ pid, parent }) => parent === process.pid && !before.has(pid))
    const pid = own?.pid as number
    const [released, kept] = [warden.makeDir('test'), warden.makeDir('test')]
    process.kill(pid, 'SIGSTOP')
    while (!isStopped(pid)) await wait(1)
    await released.release()
    expect([existsSync(released.path), existsSync(kept.path)]).toEqual([false, true])
    await warden[Symbol.asyncDispose]()
    process.kill(pid, 'SIGCONT')
    while (existsSync(kept.path)) await wait(10)
  },
)
