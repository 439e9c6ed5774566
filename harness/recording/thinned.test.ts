import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import { judge } from '../judge/judge.ts'
import type { CheckpointLine, LoadLine } from '../model.ts'
import { gather } from './gather.ts'
import { openSamples } from './samples.ts'
import { thinnedLoads } from './thinned.ts'

const checkpoint = (i: number, threads: number): CheckpointLine => ({
  line: 'checkpoint',
  ms: i * 1000,
  phase: 'run',
  cycles: i,
  failed: 0,
  readings: { threads, fds: 7 },
  unread: {},
  detail: {},
  collected: false,
  tookMs: 1,
})

it('a day of readings is kept short, with its floor and its peak, and judged as it would be whole', () => {
  const gathered = gather()
  // One more in a hundred, under a sawtooth; and once, for one reading, 5,000.
  const value = (i: number) => (i === 43_210 ? 5000 : 10 + Math.floor(i / 100) + (i % 7))
  for (let i = 0; i < 86_400; i++) gathered.add(checkpoint(i, value(i)))
  const whole = recordingOf({ threads: [], fds: [] })
  const recording = { ...gathered.recording(whole.header), end: whole.end }
  expect(recording.checkpoints.length).toBeLessThanOrEqual(2502)
  expect(recording.checkpoints[0]).toMatchObject({ cycles: 0, readings: { threads: 10 } })
  expect(recording.checkpoints.at(-1)?.cycles).toBe(86_399)
  const [threads, fds] = judge(recording).resources
  expect(threads).toMatchObject({ name: 'threads', verdict: 'leaking', peak: 5000 })
  expect(threads?.growthPerCycle).toBeCloseTo(0.01, 3)
  expect(fds).toMatchObject({ verdict: 'clean', start: 7, end: 7, peak: 7 })
})

it('the samples of days are kept short, and their highest value stays', () => {
  const all = openSamples()
  for (let i = 0; i < 300_000; i++) all.add({ ms: i, cycles: i, readings: { rss: i === 1234 ? 9e9 : i % 10 } })
  const { ms, readings } = all.samples
  expect(ms.length).toBeLessThanOrEqual(65_536)
  expect([ms[0], ms.at(-1)]).toEqual([0, 299_999])
  expect(ms.every((value, i) => i === 0 || value > (ms[i - 1] as number))).toBe(true)
  expect(Math.max(...(readings.get('rss') ?? []))).toBe(9e9)
})

describe('loads', () => {
  const counted = { requests: 100, failed: 1, hungUp: 2, failures: { ECONNRESET: 1 }, latency: null }
  const load = (i: number, faulted = false): LoadLine => ({
    ...counted,
    line: 'load',
    ms: i,
    cycles: i * 100,
    tookMs: 10,
    faulted,
    latency: { p50: i, p90: i, p99: i, max: i },
    total: { ...counted, requests: i * 100 },
  })
  it('add up, the worse latency counts, and the last total stays', () => {
    const thinned = thinnedLoads()
    for (let i = 1; i <= 3000; i++) thinned.add(load(i))
    const sum = (of: (line: LoadLine) => number) => thinned.lines.reduce((all, line) => all + of(line), 0)
    expect(thinned.lines.length).toBeLessThanOrEqual(502)
    expect([sum((at) => at.requests), sum((at) => at.failed), sum((at) => at.tookMs)]).toEqual([300_000, 3000, 30_000])
    expect(sum((at) => at.failures.ECONNRESET ?? 0)).toBe(3000)
    expect(thinned.lines.every(({ latency, ms }) => latency?.p99 === ms)).toBe(true)
    expect(thinned.lines.at(-1)?.total.requests).toBe(300_000)
  })
  it('under a fault and without stay apart', () => {
    const thinned = thinnedLoads()
    for (let i = 1; i <= 3000; i++) thinned.add(load(i, i > 1500))
    const requests = (faulted: boolean) =>
      thinned.lines.filter((at) => at.faulted === faulted).reduce((all, at) => all + at.requests, 0)
    expect([requests(false), requests(true)]).toEqual([150_000, 150_000])
  })
})
