import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { countChildren, procLacks } from './proc.ts'

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
