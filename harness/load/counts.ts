/** What became of requests, as it is counted while they run. */
import { createHistogram } from 'node:perf_hooks'
import type { Loaded } from '../model.ts'

/** What becomes of one. */
export type Outcome = { answered: true } | { hungUp: true } | { failure: string }

const MOST_KINDS = 50
const OTHER = 'other'

export type Counts = {
  add(outcome: Outcome): void
  /** How long an answer took. */
  time(ms: number): void
  readonly requests: number
  readonly failed: number
  loaded(): Loaded
  /** Begins anew: a histogram is large, and there is one batch after the other. */
  clear(): void
}

export function openCounts(): Counts {
  // Of whole numbers: microseconds.
  const histogram = createHistogram()
  const at = (percentile: number) => histogram.percentile(percentile) / 1000
  const none = { requests: 0, failed: 0, hungUp: 0 }
  let counted = { ...none }
  let failures: Record<string, number> = {}
  return {
    add(outcome) {
      counted.requests++
      if ('hungUp' in outcome) counted.hungUp++
      if (!('failure' in outcome)) return
      counted.failed++
      const { failure } = outcome
      const kind = failure in failures || Object.keys(failures).length < MOST_KINDS ? failure : OTHER
      failures[kind] = (failures[kind] ?? 0) + 1
    },
    time: (ms) => histogram.record(Math.max(1, Math.round(ms * 1000))),
    get requests() {
      return counted.requests
    },
    get failed() {
      return counted.failed
    },
    loaded() {
      const latency = { p50: at(50), p90: at(90), p99: at(99), max: histogram.max / 1000 }
      return { ...counted, failures: { ...failures }, latency: histogram.count > 0 ? latency : null }
    },
    clear() {
      histogram.reset()
      counted = { ...none }
      failures = {}
    },
  }
}
