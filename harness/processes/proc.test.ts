import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isStopped, procLacks, readFamily, readProcessStat } from './proc.ts'

function countChildren(of: number): number {
  const { pids, unreaped } = readFamily(of, { tree: false })
  return pids.length - 1 + unreaped
}

it.skipIf(procLacks !== null)(
  `children are counted as they come and go, by whomever they are counted${procLacks ? ` (skipped: ${procLacks})` : ''}`,
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
      return countChildren(pid)
    }
    await once(parent.stdout, 'data')
    const here = countChildren(process.pid)
    expect(countChildren(pid)).toBe(0)
    const counts = []
    for (const what of '+++--+--') {
      counts.push(await ask(what))
      expect(countChildren(process.pid)).toBe(here)
    }
    expect(counts).toEqual([1, 2, 3, 2, 1, 2, 1, 0])
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    expect(countChildren(process.pid)).toBe(here - 1)
  },
)

it.skipIf(procLacks !== null)(
  `a child that has ended counts again where nobody waits for it${procLacks ? ` (skipped: ${procLacks})` : ''}`,
  async () => {
    // A shell waits for its children until it has become another program, and that is what this child waits for.
    const child = `sh -c 'while [ "$(cat /proc/$PPID/comm)" = sh ]; do :; done'`
    const script = `${child} & echo $!; exec sleep 1000`
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await once(parent.stdout, 'data')
    const pid = parent.pid as number
    while (readProcessStat(Number(said))?.state !== 'Z') await setImmediate()
    expect([countChildren(pid), countChildren(pid), countChildren(pid), countChildren(pid)]).toEqual([0, 0, 1, 1])
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  },
)

it.skipIf(procLacks !== null)(
  `of a tree all that lives is read, also what came of what came of it${procLacks ? ` (skipped: ${procLacks})` : ''}`,
  async () => {
    const script = 'sh -c "sleep 1000 & echo \\$!; exec sleep 1000" & exec sleep 1000'
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = parent.pid as number
    const grandchild = Number(String((await once(parent.stdout, 'data'))[0]))
    const read = (tree: boolean) => readFamily(pid, { tree })
    const { pids } = read(true)
    expect([pids.length, pids[0], pids.at(-1)]).toEqual([3, pid, grandchild])
    expect(read(false).pids).toEqual(pids.slice(0, 2))
    process.kill(grandchild, 'SIGKILL')
    while ((readProcessStat(grandchild)?.state ?? 'Z') !== 'Z') await setImmediate()
    // Whoever has to wait for it is none that is read.
    expect([read(true).pids, read(true).unreaped]).toEqual([pids.slice(0, 2), 0])
    process.kill(pids[1] as number, 'SIGKILL')
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  },
)

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
