import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openFamily } from './family.ts'
import { MARK, procLacks, programOf, readProcessStat } from './proc.ts'

const skipped = procLacks ? ` (skipped: ${procLacks})` : ''
const childrenOf = (pid: number) => {
  const family = openFamily(pid, { tree: false })
  return () => family.read().children
}

it.skipIf(procLacks !== null)(
  `children are counted as they come and go, by whomever they are counted${skipped}`,
  async () => {
    // Says `+` when it has started one more, `-` when one that it ended has ended.
    const script = `
const { spawn } = require('node:child_process'), all = []
process.stdin.on('data', (said) => {
  if (String(said).trim() === '+') {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
    all.push(child)
    child.once('spawn', () => console.log('+'))
  } else all.pop().once('exit', () => console.log('-')).kill()
})
console.log('ready')`
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    const pid = parent.pid as number
    const ask = async (what: string) => {
      const said = once(parent.stdout, 'data')
      parent.stdin.write(`${what}\n`)
      expect(String(await said)).toBe(`${what}\n`)
      return count()
    }
    await once(parent.stdout, 'data')
    const [count, countOwn] = [childrenOf(pid), childrenOf(process.pid)]
    const here = countOwn()
    expect(count()).toBe(0)
    const counts = []
    for (const what of '+++--+--') {
      counts.push(await ask(what))
      expect(countOwn()).toBe(here)
    }
    expect(counts).toEqual([1, 2, 3, 2, 1, 2, 1, 0])
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    expect(countOwn()).toBe(here - 1)
  },
)

it.skipIf(procLacks !== null)(`a child that has ended counts again where nobody waits for it${skipped}`, async () => {
  // A shell waits for its children until it has become another program, and that is what this child waits for.
  const child = `sh -c 'while [ "$(cat /proc/$PPID/comm)" = sh ]; do :; done'`
  const script = `${child} & echo $!; exec sleep 1000`
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(parent.stdout, 'data')
  const pid = parent.pid as number
  while (readProcessStat(Number(said))?.state !== 'Z') await setImmediate()
  const count = childrenOf(pid)
  expect([count(), count(), count(), count()]).toEqual([0, 0, 1, 1])
  parent.kill('SIGKILL')
  await once(parent, 'exit')
})

it.skipIf(procLacks !== null)(
  `of a tree all that lives is read, also what came of what came of it${skipped}`,
  async () => {
    const script = 'sh -c "sleep 1000 & echo \\$!; exec sleep 1000" & exec sleep 1000'
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = parent.pid as number
    const grandchild = Number(String((await once(parent.stdout, 'data'))[0]))
    const [tree, alone] = [openFamily(pid, { tree: true }), openFamily(pid, { tree: false })]
    const { pids } = tree.read()
    expect([pids.length, pids[0], pids.at(-1)]).toEqual([3, pid, grandchild])
    expect(tree.live()).toEqual(pids)
    expect(alone.read()).toEqual({ pids: [pid], children: 1 })
    process.kill(grandchild, 'SIGKILL')
    while ((readProcessStat(grandchild)?.state ?? 'Z') !== 'Z') await setImmediate()
    // Whoever has to wait for it is none that is read.
    expect(tree.read()).toEqual({ pids: pids.slice(0, 2), children: 1 })
    process.kill(pids[1] as number, 'SIGKILL')
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  },
)

/** Starts a daemon – the shell that starts it has ended – beside a program that stays. Says the number of the daemon. */
async function startDaemon(daemon: string, env: NodeJS.ProcessEnv = {}) {
  const script = `sh -c '${daemon} sleep 1000 >/dev/null & echo $!'; exec sleep 1000`
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const parent = spawn('sh', ['-c', script], { detached: true, env: { ...process.env, ...env }, stdio: [...stdio] })
  const stray = Number(String((await once(parent.stdout, 'data'))[0]))
  const pid = parent.pid as number
  // The shell in between has ended when the one before it is another program.
  while (programOf(pid) !== 'sleep' || (daemon !== '' && readProcessStat(stray)?.session !== stray))
    await setImmediate()
  return { pid, stray, end: () => [stray, pid].forEach((one) => void process.kill(one, 'SIGKILL')) }
}

describe.skipIf(procLacks !== null)(`a daemon is followed${skipped}`, () => {
  it('by its session', async () => {
    const { pid, stray, end } = await startDaemon('')
    expect(openFamily(pid, { tree: true }).read()).toEqual({ pids: [pid, stray], children: 1 })
    end()
  })
  it('by the mark in its environment, where it has a session of its own', async () => {
    const { pid, stray, end } = await startDaemon('setsid', { [MARK]: 'a mark of its own' })
    expect(openFamily(pid, { tree: true }).read().pids).toEqual([pid, stray])
    // Nobody knows of one that has another.
    const { pid: other, end: endOther } = await startDaemon('setsid', { [MARK]: 'another' })
    expect(openFamily(other, { tree: true }).read().pids).toHaveLength(2)
    expect(openFamily(pid, { tree: true }).read().pids).toEqual([pid, stray])
    end()
    endOther()
  })
  it('where it was seen before', async () => {
    const script = 'sh -c "env -i setsid sleep 1000 >/dev/null & echo \\$!; exec sleep 1000" & exec sleep 1000'
    const parent = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = parent.pid as number
    const stray = Number(String((await once(parent.stdout, 'data'))[0]))
    const family = openFamily(pid, { tree: true })
    while (readProcessStat(stray)?.session !== stray) await setImmediate()
    const [, between] = family.read().pids
    expect(family.read().pids).toEqual([pid, between, stray])
    process.kill(between as number, 'SIGKILL')
    while (readProcessStat(stray)?.parent === between) await setImmediate()
    expect(family.read().pids).toEqual([pid, stray])
    expect(family.read().pids).toEqual([pid, stray])
    for (const one of [stray, pid]) process.kill(one, 'SIGKILL')
  })
})
