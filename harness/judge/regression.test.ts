import { describe, expect, it } from 'vitest'
import { toRun } from '../../reports/results.ts'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import type { ResourceResult, Run, Suspect } from '../model.ts'
import { historyOf } from './history.ts'
import { judge } from './judge.ts'
import { changeOf, compareRuns, differenceOf } from './regression.ts'
import { steadiness } from './steadiness.ts'

const trend = (growthPerCycle: number, error: number) => ({
  growthPerCycle,
  low: growthPerCycle - error,
  high: growthPerCycle + error,
})
const LEAST = 0.001

describe('growths are compared by their intervals', () => {
  it.each([
    ['doubled, for certain', trend(1, 0.1), trend(2, 0.1), 'regressed'],
    ['gone, for certain', trend(1, 0.1), trend(0, 0), 'improved'],
    ['new', trend(0, 0), trend(0.01, 0.004), 'regressed'],
    ['the same, for certain', trend(1, 0.02), trend(1.01, 0.02), 'unchanged'],
    ['doubled by chance, perhaps', trend(1, 1), trend(2, 1), 'cannot tell'],
    ['the same, perhaps', trend(1, 0.5), trend(1, 0.5), 'cannot tell'],
    ['less than anybody asks for', trend(0, 0), trend(0.0005, 0.0001), 'unchanged'],
    ['a twentieth more', trend(1, 0), trend(1.05, 0), 'unchanged'],
  ] as const)('%s', (_, base, head, change) => {
    expect(changeOf(base, head, LEAST)).toBe(change)
  })
  it('the interval of a difference has the errors of both', () => {
    expect(differenceOf(trend(1, 3), trend(6, 4))).toEqual({ growthPerCycle: 5, low: 0, high: 10 })
  })
})

const runOf = (series: Record<string, (number | null)[]>, named: string[] = []): Run => {
  const recording = recordingOf(series, { named })
  return toRun([{ recording, path: 'recording.ndjson' }], judge(recording))
}
const growing = (perCycle: number, n = 101) => repeat(n, (i) => 5 + Math.floor(i * 100 * perCycle))
const flat = growing(0)
const suspect = (file: string, line: number, resource = 'threads'): Suspect => ({
  resource,
  resources: [resource],
  kind: 'worker',
  what: null,
  unit: 'count',
  count: 1,
  growthPerCycle: 1,
  sentence: `made at ${file}:${line}`,
  release: null,
  endsAfterMs: null,
  language: 'javascript',
  stack: [{ file, line, column: 1, function: 'open', part: 'own', package: null }],
  at: 0,
  source: null,
})

/** A generator of its own, so that the same numbers come each time. */
const chance = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32
  return seed / 2 ** 32
}

it('calls no change what comes by chance: 4,000 pairs of runs of one leak', () => {
  const random = chance(3)
  const run = () => {
    let level = 0
    const points = repeat(41, () => (level += random() < 0.3 ? 1 : 0)) as number[]
    return steadiness(points.map((value, i) => ({ cycle: i * 10, value, drain: false })))
  }
  const changes = Array.from({ length: 4000 }, () => {
    const [base, head] = [run(), run()]
    return base && head && changeOf(base, head, LEAST)
  })
  const called = changes.filter((change) => change === 'regressed' || change === 'improved').length
  expect(called / changes.length).toBeLessThan(0.002)
  // And says so of what is twice as much.
  expect(changeOf(trend(0.03, 0.012), trend(0.09, 0.015), LEAST)).toBe('regressed')
})

describe('a run against another', () => {
  const compare = (base: Run, head: Run) => {
    const { change, resources, newSuspects, goneSuspects } = compareRuns(base, head)
    return {
      change,
      of: Object.fromEntries(resources.map((resource) => [resource.name, resource.change])),
      suspects: [newSuspects, goneSuspects].map((all) => all.map(({ sentence }) => sentence)),
    }
  }

  it('regresses where something leaks that did not', () => {
    expect(compare(runOf({ threads: flat, fds: flat }), runOf({ threads: growing(1), fds: flat }))).toMatchObject({
      change: 'regressed',
      of: { threads: 'regressed', fds: 'unchanged' },
    })
  })
  it('improves where it no longer leaks', () => {
    expect(compare(runOf({ threads: growing(1) }), runOf({ threads: flat })).change).toBe('improved')
  })
  it('regresses where it leaks twice as fast, and not where it leaks as before', () => {
    expect(compare(runOf({ threads: growing(1) }), runOf({ threads: growing(2) })).change).toBe('regressed')
    expect(compare(runOf({ threads: growing(1) }), runOf({ threads: growing(1) })).change).toBe('unchanged')
  })
  it('a resource that regresses is not outweighed by one that improves', () => {
    const [base, head] = [runOf({ threads: growing(1), fds: flat }), runOf({ threads: flat, fds: growing(1) })]
    expect(compare(base, head).change).toBe('regressed')
  })
  it('cannot tell where one of them was too short, or was not judged at all', () => {
    expect(compare(runOf({ threads: flat }), runOf({ threads: growing(0, 6) })).change).toBe('cannot tell')
    const crashed = { ...runOf({ threads: flat }), verdict: null, resources: [] }
    expect(compare(crashed, runOf({ threads: flat })).change).toBe('cannot tell')
    expect(compare(runOf({ threads: flat }), crashed).change).toBe('cannot tell')
  })
  it('what a leak left undecided, as it ended the run early, is no regression', () => {
    const short = runOf({ threads: growing(1, 40), fds: growing(0, 40) })
    expect(short.resources.find(({ name }) => name === 'fds')?.verdict).toBe('inconclusive')
    expect(compare(runOf({ threads: growing(1), fds: flat }), short).change).toBe('unchanged')
  })
  it('regresses by a cap that is passed, and where HEAD holds its process', () => {
    const clean = runOf({ threads: flat })
    const over = {
      ...clean,
      verdict: 'leaking' as const,
      resources: clean.resources.map((r) => ({ ...r, verdict: 'leaking' as const, reasonCode: 'over-peak' as const })),
    }
    expect([compare(clean, over).change, compare(over, clean).change]).toEqual(['regressed', 'improved'])
    const holding = { ...clean, verdict: 'leaking' as const, reasonCode: 'holds-process' as const }
    expect([compare(clean, holding).change, compare(holding, clean).change]).toEqual(['regressed', 'improved'])
  })
  it('regresses where something leaks that BASE did not have', () => {
    const head = runOf({ threads: flat, fds: growing(1) })
    expect(compare(runOf({ threads: flat }), head)).toMatchObject({ change: 'regressed', of: { fds: 'regressed' } })
    expect(compare(runOf({ threads: flat }), runOf({ threads: flat, fds: flat })).change).toBe('unchanged')
  })
  it('memory that nobody named leaves it its answer', () => {
    const leaking = runOf({ threads: growing(1) })
    const heap = {
      ...(leaking.resources[0] as ResourceResult),
      name: 'heap',
      unit: 'bytes' as const,
      gate: 'default' as const,
    }
    const [base, head] = (['leaking', 'inconclusive'] as const).map((verdict) => ({
      ...leaking,
      resources: [...leaking.resources, { ...heap, verdict, reasonCode: 'too-noisy' as const }],
    })) as [Run, Run]
    expect(compare(base, head)).toMatchObject({ change: 'unchanged', of: { heap: 'cannot tell' } })
  })
  it('memory that one run did not judge, and the other sees leaking, is no unchanged', () => {
    const clean = runOf({ threads: flat })
    const heap = { ...(clean.resources[0] as ResourceResult), name: 'heap', unit: 'bytes' as const }
    const quick = {
      ...clean,
      resources: [...clean.resources, { ...heap, verdict: null, reasonCode: 'not-judged' as const }],
    }
    const leaks = {
      ...clean,
      verdict: 'leaking' as const,
      resources: [...clean.resources, { ...heap, verdict: 'leaking' as const }],
    }
    expect(compare(quick, leaks).change).toBe('cannot tell')
  })
  it('a run whose leak a baseline accepts is decided', () => {
    const known = { ...runOf({ threads: growing(1) }), verdict: 'known' as const }
    expect(compare(known, known).change).toBe('unchanged')
  })
  it('names new and gone suspects by function, wherever their lines are now', () => {
    const leaking = runOf({ threads: growing(1) })
    const [a, b] = [suspect('a.ts', 3), suspect('b.ts', 9)]
    expect(compare({ ...leaking, suspects: [a] }, { ...leaking, suspects: [suspect('a.ts', 7), b] }).suspects).toEqual([
      ['made at b.ts:9'],
      [],
    ])
    expect(compare({ ...leaking, suspects: [a] }, runOf({ threads: flat })).suspects).toEqual([[], ['made at a.ts:3']])
    // Nobody explained the other side.
    expect(compare(leaking, { ...leaking, suspects: [a] }).suspects).toEqual([[], []])
  })
})

describe('a history', () => {
  const results = (day: number, perCycle: number) => {
    const { tool, host } = recordingOf({}).header
    const startedAt = `2026-01-0${day}T00:00:00.000Z`
    const common = { schema: 'holdwater-results/2' as const, tool, host, revision: null, baseline: null }
    return { ...common, startedAt, runs: [runOf({ threads: growing(perCycle) })] }
  }
  const changes = (...all: ReturnType<typeof results>[]) =>
    historyOf(all).scenarios[0]?.resources[0]?.points.map((point) => point?.change ?? null)

  it('marks the run in which growth changed, the oldest first, in whatever order they come', () => {
    expect(changes(results(3, 1), results(1, 0), results(2, 0), results(4, 1), results(5, 0))).toEqual([
      null,
      'unchanged',
      'regressed',
      'unchanged',
      'improved',
    ])
  })
  it('sees what creeps', () => {
    const crept = changes(...[1, 1.04, 1.08, 1.12, 1.16].map((perCycle, i) => results(i + 1, perCycle)))
    expect(crept).toContain('regressed')
  })
  it('has a gap where a run did not have the scenario', () => {
    const without = { ...results(2, 0), runs: [] }
    expect(historyOf([results(1, 0), without, results(3, 0)]).scenarios[0]?.verdicts).toEqual(['clean', null, 'clean'])
  })
})
