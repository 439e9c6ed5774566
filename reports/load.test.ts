import { describe, expect, it } from 'vitest'
import { judge } from '../harness/judge/judge.ts'
import type { LoadLine, Recording, Run } from '../harness/model.ts'
import { recordingOf } from '../tests/recording-of.ts'
import { loadCharts } from './html/load.ts'
import { decayText, loadCells, loadLine, loadOf, loadText } from './load.ts'

const failures = { 'HTTP 503': 12, ECONNRESET: 1 }
const load: NonNullable<Run['load']> = {
  url: 'http://127.0.0.1:80/',
  connections: 10,
  rate: 2.5,
  hangUpAfterMs: 50,
  requests: 12_345,
  failed: 13,
  hungUp: 7,
  failures,
  latency: { p50: 2.1234, p90: 9.87, p99: 31, max: 1234 },
  perSecond: 3210.4,
  throughput: { first: 4100, last: 1886, decays: true },
}

describe('load in words', () => {
  it('is a line', () => {
    expect(loadLine(load)).toBe(
      '3,210 requests per second; latency 2.12 ms (half), 31 ms (99 %), 1.23 s (longest); 7 hung up; 13 failed after the warm-up (HTTP 503 12 times, ECONNRESET once)',
    )
  })
  it('is a row', () => {
    expect(Object.fromEntries(loadCells(load))).toEqual({
      requests: '12,345',
      failed: '13',
      'hung up': '7',
      'latency, half below': '2.12 ms',
      '90 % below': '9.87 ms',
      '99 % below': '31 ms',
      longest: '1.23 s',
      'requests per second': '3,210',
      '…in its first and last third': '4,100 → 1,886',
    })
    const nothing = { ...load, hangUpAfterMs: null, latency: null, perSecond: null, throughput: null }
    expect(loadCells(nothing).map(([name]) => name)).toEqual(['requests', 'failed'])
  })
  it('says where it went, how, and what failed', () => {
    expect(loadText(load)).toBe(
      'Requests to http://127.0.0.1:80/ over 10 connections, at most 2.5 per second, hanging up after 50 ms, since the warm-up. Failed: HTTP 503 12 times, ECONNRESET once.',
    )
  })
  it('warns of a decay, and of no other', () => {
    expect(decayText(load)).toBe('Warning: throughput decays, from 4,100 to 1,886 requests per second (-54 %).')
    expect(decayText({ throughput: { first: 4100, last: 4000, decays: false } })).toBe('')
    expect(decayText({ throughput: null })).toBe('')
  })
})

describe('load of a recording', () => {
  const counted = { requests: 100, failed: 0, hungUp: 0, failures: {}, latency: { p50: 1, p90: 2, p99: 3, max: 4 } }
  const line = (cycles: number, tookMs: number, total: number): LoadLine => ({
    ...counted,
    line: 'load',
    ms: cycles,
    cycles,
    tookMs,
    faulted: false,
    total: { ...counted, requests: total },
  })
  const plain = recordingOf({ threads: [1, 1, 1, 1] }, { beforeMemory: { cycles: 250, batchMs: 1 } })
  const plan = { of: 'module' as const, rate: null, hangUpAfterMs: null }
  const recording: Recording = {
    ...plain,
    header: { ...plain.header, url: 'http://127.0.0.1:80/', plan: { ...plain.header.plan, load: plan } },
    events: [{ line: 'event', ms: 250, cycles: 250, kind: 'memory', text: '' }],
    // The warm-up, two batches, and one after full collections.
    loads: [line(0, 500, 100), line(100, 50, 100), line(200, 50, 200), line(300, 900, 300)],
  }

  it('has the total, and the pace between warm-up and memory', () => {
    expect(loadOf(recording, judge(recording))).toMatchObject({ requests: 300, perSecond: 2000, throughput: null })
    expect(loadOf(plain, judge(plain))).toBeNull()
  })
  it('is drawn over the same cycles, without the warm-up', () => {
    const [throughput, latency] = loadCharts(recording).map(({ chart }) => chart)
    expect(throughput?.series[0]).toMatchObject({ x: [100, 200, 300] })
    expect(latency?.series.map(({ label, y }) => [label, y[0]])).toEqual([
      ['half below', 1],
      ['99 % below', 3],
    ])
    expect(loadCharts(plain)).toEqual([])
  })
})
