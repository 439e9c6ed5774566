import { expect, it } from 'vitest'
import { procLacks } from '../processes/proc.ts'
import { readLimits } from './limits.ts'

const skipped = procLacks ? ` (skipped: ${procLacks})` : ''
it.skipIf(procLacks)(`the limits of a process have a source, and are not yet reached${skipped}`, () => {
  const limits = readLimits(process.pid)
  for (const resource of ['threads', 'fds', 'memory', 'maps'] as const)
    expect(limits.filter((limit) => limit.resource === resource).length).toBeGreaterThan(0)
  for (const { source, limit, now } of limits) {
    expect(source).not.toBe('')
    expect(now).toBeGreaterThan(0)
    expect(now).toBeLessThan(limit)
  }
  const open = limits.find(({ source }) => source === 'RLIMIT_NOFILE')
  expect(open?.now).toBeLessThan(1000)
  // Root is not bound by RLIMIT_NPROC; everybody else is.
  const nproc = limits.some(({ source }) => source === 'RLIMIT_NPROC')
  if (process.getuid?.() === 0) expect(nproc).toBe(false)
})

it('of a process that is gone there are none', () => {
  expect(readLimits(2 ** 22 + 1)).toEqual([])
})
