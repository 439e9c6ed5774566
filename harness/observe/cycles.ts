/** Drives batches of cycles and keeps count of them, also of the batch that is under way. */
import type { EventLine, Plan } from '../model.ts'
import type { Halt } from './halt.ts'
import type { News } from './protocol.ts'
import type { Target } from './target.ts'

export type Cycles = {
  /** All that have run, the batch under way as far as it was heard of. */
  readonly done: number
  readonly failed: number
  /** Milliseconds spent inside batches. */
  readonly batchMs: number
  /** Milliseconds since the batch under way was last heard of; 0 between batches. */
  readonly silentMs: number
  /** Runs a batch. @throws TargetError when the target leaves in it */
  batch(count: number): Promise<{ msPerCycle: number }>
  /** Takes news of the target. */
  hear(news: News): void
}

/** A run is not stopped before this many cycles have failed; the judge goes by the share alone. */
const LEAST_FAILED = 10

export function driveCycles({
  plan,
  target,
  halt,
  event,
  onFailed,
}: {
  plan: Plan
  target: Target
  halt: Halt
  event: (kind: EventLine['kind'], text: string) => void
  /** A cycle that failed, by its number. */
  onFailed: (index: number, message: string) => void
}): Cycles {
  const total = { done: 0, failed: 0, batchMs: 0 }
  let underWay: { done: number; failed: number; heard: number } | null = null
  const done = () => total.done + (underWay?.done ?? 0)
  const failed = () => total.failed + (underWay?.failed ?? 0)

  const checkFailures = () => {
    const least = plan.maxFailedCycles === 0 ? 1 : LEAST_FAILED
    if (failed() >= least && failed() > plan.maxFailedCycles * done())
      halt.now('failed-cycles', `${failed()} of ${done()} cycles failed`)
  }
  return {
    get done() {
      return done()
    },
    get failed() {
      return failed()
    },
    get batchMs() {
      return total.batchMs
    },
    get silentMs() {
      return underWay ? performance.now() - underWay.heard : 0
    },
    async batch(count) {
      underWay = { done: 0, failed: 0, heard: performance.now() }
      try {
        const ran = await target.batch(total.done, count)
        underWay = { done: ran.cycles, failed: ran.failed, heard: underWay.heard }
        total.batchMs += ran.batchMs
        return { msPerCycle: ran.batchMs / Math.max(1, ran.cycles) }
      } finally {
        // When the target left, what its last progress told is known to have run.
        Object.assign(total, { done: done(), failed: failed() })
        underWay = null
        checkFailures()
      }
    },
    hear(news) {
      if (news.tells === 'progress' && underWay) {
        underWay = { done: news.cycles, failed: news.failed, heard: performance.now() }
        checkFailures()
      } else if (news.tells === 'failed-cycle') {
        event('failed-cycle', `cycle ${news.index}: ${news.message}`)
        onFailed(news.index, news.message)
      } else if (news.tells === 'log') event('log', news.text)
      else if (news.tells === 'exiting') event('target', `process.exit(${news.code}) was called in a cycle`)
      else if (news.tells === 'hung')
        halt.now('cycle-timeout', `cycle ${news.index} was still running after ${plan.cycleTimeoutMs / 1000} s`, {
          hard: true,
        })
    },
  }
}
