/** What proves a refusal where nobody counts any, on scripted readings. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeHalt } from '../loop/halt.ts'
import type { Limit } from '../model.ts'
import { watchForCrash } from './crash.ts'
import type { Target } from './target.ts'

/** A run under a limit of 100 descriptors, of which so many are used after each cycle. */
function run(used: readonly number[]) {
  const cycles = { done: 0 }
  const halt = makeHalt(() => {})
  const target = { pid: process.pid, refused: () => [] } as Partial<Target> as Target
  const limits = [{ resource: 'fds' as const, value: 100 }]
  const watch = watchForCrash({ plan: { limits }, counted: [], target, cycles, halt, ms: () => cycles.done })
  for (const now of used) {
    const limit: Limit = { resource: 'fds', source: 'RLIMIT_NOFILE', limit: 100, now }
    watch.onLimits([limit], { fds: now })
    if (halt.halted) break
    cycles.done++
  }
  return watch.crash(null)
}
const upTo = (most: number, by = 1) => Array.from({ length: 200 }, (_, i) => Math.min(most, 20 + Math.floor(i * by)))

describe('a target that tells nobody of a refusal', () => {
  it('has crashed where it stays at its limit', () => {
    expect(run(upTo(100))).toMatchObject({ resource: 'fds', error: null, cycles: 80, survived: true })
  })
  it('has crashed where what it asks for is more than what is left', () => {
    expect(run(upTo(98, 6))).toMatchObject({ resource: 'fds', cycles: 13 })
  })
  it('has not where it is a pool that was filled well below its limit', () => {
    expect(run(upTo(60))).toBe(null)
    expect(run(upTo(90))).toBe(null)
  })
  it('has not yet where it comes slowly closer', () => {
    expect(run(upTo(200, 0.395).slice(0, 199))).toBe(null)
  })
  it('has not where it was as close from the start', () => {
    expect(run(Array.from({ length: 100 }, () => 98))).toBe(null)
  })
})

describe('a target that says no more than that it failed', () => {
  const failed = (refusals: number) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdwater-cgroup-'))
    writeFileSync(join(folder, 'pids.events'), `max ${refusals}\n`)
    const halt = makeHalt(() => {})
    const target = { pid: process.pid, refused: () => [] } as Partial<Target> as Target
    const limits = [{ resource: 'threads' as const, value: 64 }]
    const counted = [{ resource: 'threads' as const, folder }]
    const watch = watchForCrash({ plan: { limits }, counted, target, cycles: { done: 57 }, halt, ms: () => 5 })
    watch.onFailed(57, 'GET http://127.0.0.1:80/: HTTP 500')
    rmSync(folder, { recursive: true })
    return halt.halted
  }
  it('has crashed where the kernel has refused it', () => {
    expect(failed(1)).toMatchObject({ ending: 'crashed', text: 'the kernel refused threads' })
  })
  it('has not where it has not', () => {
    expect(failed(0)).toBeNull()
  })
})
