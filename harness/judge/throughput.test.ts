import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { recordingOf } from '../../tests/recording-of.ts'
import type { Recording } from '../model.ts'
import { throughputOf } from './throughput.ts'

/** Milliseconds that each batch of 100 took. */
function underLoad(tookMs: readonly number[], changed: Partial<Recording> = {}): Recording {
  const recording = recordingOf({ threads: tookMs.map(() => 1) })
  const total = { requests: 0, failed: 0, hungUp: 0, failures: {}, latency: null }
  const loads = tookMs.map((took, i) => ({
    ...total,
    line: 'load' as const,
    ms: i,
    cycles: (i + 2) * 1000,
    requests: 100,
    tookMs: took,
    faulted: false,
    total,
  }))
  return { ...recording, loads, ...changed }
}
const steady = (i: number) => 100 + ((i * 37) % 11)

describe('throughput', () => {
  it('decays where the last third is slower by more than a fifth', () => {
    const told = throughputOf(underLoad(Array.from({ length: 60 }, (_, i) => steady(i) + 2 * i)))
    expect(told?.decays).toBe(true)
    expect(told?.last).toBeLessThan(0.8 * (told?.first ?? 0))
  })
  it('does not where it is steady, slower by a little, or slow only now and then', () => {
    for (const took of [steady, (i: number) => steady(i) + i / 4, (i: number) => steady(i) * (i % 4 === 3 ? 5 : 1)])
      expect(throughputOf(underLoad(Array.from({ length: 60 }, (_, i) => took(i))))?.decays).toBe(false)
  })
  it('is seen in noise, where each request makes the next a little slower, and seldom where the noise only drifts', () => {
    const random = seeded(1)
    /** Milliseconds per batch: noise of a fifth, of which so much is left in the next. */
    const called = (left: number, slower: number, runs: number) =>
      Array.from({ length: runs }, () => {
        let noise = random.normal()
        const took = Array.from({ length: 90 }, (_, i) => {
          noise = left * noise + Math.sqrt(1 - left ** 2) * random.normal()
          return (100 * (1 + (slower * i) / 90)) / Math.max(0.1, 1 + 0.2 * noise)
        })
        return throughputOf(underLoad(took))?.decays
      }).filter(Boolean).length
    expect(called(0, 1, 50)).toBeGreaterThanOrEqual(48)
    for (const left of [0, 0.5, 0.9, 0.99]) expect(called(left, 0, 500), `${left}`).toBeLessThanOrEqual(5)
  })
  it('does not where it becomes faster', () => {
    expect(throughputOf(underLoad(Array.from({ length: 60 }, (_, i) => 300 - 3 * i)))?.decays).toBe(false)
  })
  it('is not told of a few batches', () => {
    expect(throughputOf(underLoad(Array.from({ length: 20 }, (_, i) => steady(i) + 50 * i)))).toBeNull()
  })
  it('is not told where other scenarios came and went', () => {
    const recording = underLoad(Array.from({ length: 60 }, (_, i) => steady(i) + 2 * i))
    expect(throughputOf({ ...recording, header: { ...recording.header, jobs: 2 } })).toBeNull()
  })
  it('leaves out what ran under a fault, after full collections, or in small batches', () => {
    const recording = underLoad(Array.from({ length: 60 }, (_, i) => (i < 30 ? steady(i) : 300)))
    const slow = recording.loads.map((line, i) => ({ ...line, faulted: i >= 30 }))
    expect(throughputOf({ ...recording, loads: slow })?.decays).toBe(false)
    const memory = { line: 'event' as const, ms: 0, cycles: 31_000, kind: 'memory' as const, text: '' }
    expect(throughputOf({ ...recording, events: [memory] })?.decays).toBe(false)
    const small = recording.loads.map((line, i) => (i >= 30 ? { ...line, requests: 10, tookMs: 30 } : line))
    expect(throughputOf({ ...recording, loads: small })?.decays).toBe(false)
  })
})
