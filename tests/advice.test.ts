/** Advice holds when it is followed: a run as long as an undecided one asks for, of the same kind, has an answer. */
import { describe, expect, it } from 'vitest'
import { type Random, seeded } from '../bench/verdicts/random.ts'
import { judge } from '../harness/judge/judge.ts'
import type { Recording } from '../harness/model.ts'
import { toRun } from '../reports/results.ts'
import { recordingOf } from './recording-of.ts'

/** Readings at a hundred checkpoints of a run of `cycles`: of its cycle, and of chance. */
type Kind = (random: Random) => (cycle: number) => number
const CHECKPOINTS = 100

function runOf(kind: Kind, cycles: number, { resource, beside }: { resource: string; beside: number }): Recording {
  const value = kind(seeded(11))
  const at = Array.from({ length: CHECKPOINTS + 1 }, (_, i) => Math.round((i * cycles) / CHECKPOINTS))
  const flat = Object.fromEntries(Array.from({ length: beside }, (_, i) => [`other${i}`, at.map(() => 7)]))
  const recording = recordingOf({ ...flat, [resource]: at.map(value) }, { cycles })
  for (const planned of recording.header.plan.resources)
    if (planned.name === 'heap') Object.assign(planned, { level: 'error', perCycle: 200, named: true })
  for (const [i, checkpoint] of recording.checkpoints.entries())
    Object.assign(checkpoint, { cycles: at[i], collected: resource === 'heap' && i >= 60 })
  return recording
}

const reasonOf = (recording: Recording) => toRun([{ recording, path: 'r' }], judge(recording)).reason
const steps =
  (...cycles: number[]): Kind =>
  () =>
  (cycle) =>
    3 + cycles.filter((at) => at <= cycle).length

const kinds: [string, Kind, { cycles: number; resource?: string; beside?: number }][] = [
  ['nothing happens, in too few cycles', () => () => 7, { cycles: 2000 }],
  ['nothing happens, and twelve share the error', () => () => 7, { cycles: 5000, beside: 11 }],
  ['a singleton, early', steps(700), { cycles: 4000 }],
  ['a singleton, late', steps(3700), { cycles: 4000, beside: 8 }],
  ['two singletons', steps(1500, 3000), { cycles: 5000, beside: 4 }],
  ['a singleton almost at the end', steps(9600), { cycles: 10_000, beside: 8 }],
  ['stragglers', (random) => () => 3 + random.poisson(0.3), { cycles: 3000 }],
  ['a cache that is full in the end', () => (cycle) => Math.round(20 * (1 - Math.exp(-cycle / 600))), { cycles: 4000 }],
  ['a leak that set in late', () => (cycle) => Math.max(0, Math.floor((cycle - 4000) / 50)), { cycles: 7000 }],
  ['memory in noise', (random) => () => 1e7 + 3e6 * random.normal(), { cycles: 6000, resource: 'heap', beside: 2 }],
  [
    'memory with one step',
    (random) => (cycle) => 1e7 + 2e4 * random.normal() + (cycle > 5500 ? 1e6 : 0),
    { cycles: 6000, resource: 'heap', beside: 2 },
  ],
]

it('of memory that was read too seldom there is some, too', () => {
  const kept: Kind = () => (cycle) => 1e7 + 6000 * cycle
  const short = runOf(kept, 520, { resource: 'heap', beside: 2 })
  for (const [i, checkpoint] of short.checkpoints.entries()) checkpoint.collected = i >= 95
  expect(judge(short)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short' })
  expect(Number(/--cycles (\d+)/.exec(reasonOf(short))?.[1])).toBeGreaterThan(2000)
})

describe('the advice of an undecided run, when it is followed', () => {
  it.each(kinds)('%s', (_, kind, { cycles, resource = 'threads', beside = 0 }) => {
    const first = runOf(kind, cycles, { resource, beside })
    expect(judge(first).verdict).toBe('inconclusive')
    const advice = /--cycles (\d+)/.exec(reasonOf(first))
    const asked = Number(advice?.[1])
    expect(asked).toBeGreaterThan(1.05 * cycles)
    const second = runOf(kind, asked, { resource, beside })
    expect(judge(second).verdict, reasonOf(second)).not.toBe('inconclusive')
  })

  it('promises no number of cycles where another resource is open, too, and no number is known to decide that', () => {
    const falls: Kind = (random) => (cycle) => 1e8 - 5000 * cycle + 1e4 * random.normal()
    const short = runOf(falls, 2000, { resource: 'heap', beside: 2 })
    const { resources } = judge(short)
    const asked = resources.map(({ name, facts }) => [name, facts.moreCycles === undefined])
    expect(asked).toEqual([
      ['other0', false],
      ['other1', false],
      ['heap', true],
    ])
    expect(reasonOf(short)).toMatch(/^Cannot tell about heap/)
    expect(reasonOf(short)).not.toMatch(/--cycles \d+/)
  })

  it('names a coarser question where the recording answers it already, and it does', () => {
    const short = runOf(() => () => 7, 2000, { resource: 'threads', beside: 3 })
    const oneIn = Number(/holdwater report FOLDER --resolution 1\/(\d+)/.exec(reasonOf(short))?.[1])
    expect(oneIn).toBeGreaterThan(100)
    short.header.plan.resolution = 1 / oneIn
    expect(judge(short).verdict).toBe('clean')
    short.header.plan.resolution = 1 / (oneIn + 20)
    expect(judge(short).verdict).toBe('inconclusive')
  })

  it('of a run that was held to less says for what more cycles are enough', () => {
    const slow = runOf(steps(1300, 1450, 1600, 1750), 2000, { resource: 'threads', beside: 8 })
    slow.header.plan.length.mostMs = 300_000
    slow.header.plan.coarsest = 1 / 100
    for (const [i, checkpoint] of slow.checkpoints.entries()) checkpoint.ms = i * 3000
    const verdict = judge(slow)
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.resolution).toBeGreaterThan(1 / 1000)
    expect(reasonOf(slow)).toContain(`--resolution 1/${Math.floor(1 / verdict.resolution)}`)
  })
})
