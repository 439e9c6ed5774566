/** Drives batches of cycles and keeps count of them, also of the batch that is under way. */

import type { Halt } from '../loop/halt.ts'
import type { EventLine, Plan } from '../model.ts'
import { exitText } from './last-words.ts'
import type { News } from './protocol.ts'
import type { Batch, Target } from './target.ts'

export type Cycles = {
  /** All that have run, the batch under way as far as it was heard of. */
  readonly done: number
  readonly failed: number
  /** Of these, what ran under faults. */
  readonly faulted: { readonly cycles: number; readonly failed: number }
  /** What is done to the server now; null: nothing. */
  readonly underFault: string | null
  /** Milliseconds spent inside batches. */
  readonly batchMs: number
  /** Milliseconds since the batch under way was last heard of; 0 between batches, and while a fault lasts. */
  readonly silentMs: number
  /** The cycle that did not end when it was told to; null where each does. */
  readonly hung: number | null
  /** Runs a batch. @throws TargetError when the target leaves in it */
  batch(count: number, paceMs?: number): Promise<{ msPerCycle: number }>
  /** What begins now runs under a fault, or under none any more. */
  fault(text: string | null): void
  /** The fault is over: what still runs has as long as any cycle from now on. */
  lifted(): void
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
  onBatch,
}: {
  plan: Plan
  target: Target
  halt: Halt
  event: (kind: EventLine['kind'], text: string, stack?: string) => void
  /** A cycle that failed, by its number. */
  onFailed: (index: number, message: string) => void
  /** A batch that is over. */
  onBatch: (batch: Batch) => void
}): Cycles {
  const total = { done: 0, failed: 0, batchMs: 0 }
  const faulted = { cycles: 0, failed: 0 }
  let underFault: string | null = null
  let lasts = false
  let hung: number | null = null
  let underWay: { done: number; failed: number; heard: number } | null = null
  const done = () => total.done + (underWay?.done ?? 0)
  const failed = () => total.failed + (underWay?.failed ?? 0)

  /** What fails under a fault is what it is there for. */
  const checkFailures = () => {
    if (underFault !== null) return
    const least = plan.maxFailedCycles === 0 ? 1 : LEAST_FAILED
    const [ran, wrong] = [done() - faulted.cycles, failed() - faulted.failed]
    if (wrong >= least && wrong > plan.maxFailedCycles * ran)
      halt.now('failed-cycles', `${wrong} of ${ran} cycles failed${faulted.cycles > 0 ? ' without a fault' : ''}`)
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
    get faulted() {
      return faulted
    },
    get underFault() {
      return underFault
    },
    get silentMs() {
      return underWay && !lasts ? performance.now() - underWay.heard : 0
    },
    get hung() {
      return hung
    },
    fault(text) {
      underFault = text
      lasts = text !== null
    },
    lifted() {
      lasts = false
      if (underWay) underWay.heard = performance.now()
    },
    async batch(count, paceMs) {
      let over: Batch | null = null
      underWay = { done: 0, failed: 0, heard: performance.now() }
      try {
        const ran = await target.batch(total.done, count, paceMs)
        underWay = { done: ran.cycles, failed: ran.failed, heard: underWay.heard }
        total.batchMs += ran.batchMs
        over = ran
        return { msPerCycle: ran.batchMs / Math.max(1, ran.cycles) }
      } finally {
        // When the target left, what its last progress told is known to have run.
        if (underFault !== null) {
          faulted.cycles += underWay.done
          faulted.failed += underWay.failed
        }
        Object.assign(total, { done: done(), failed: failed() })
        underWay = null
        hung = null
        if (over) onBatch(over)
        checkFailures()
      }
    },
    hear(news) {
      if (news.tells === 'progress' && underWay) {
        underWay = { done: news.cycles, failed: news.failed, heard: performance.now() }
        checkFailures()
      } else if (news.tells === 'failed-cycle') {
        const index = news.index ?? done()
        event('failed-cycle', `cycle ${index}: ${news.message}`, news.stack)
        onFailed(index, news.message)
      } else if (news.tells === 'failed-afterwards') {
        total.failed += news.failed
        if (underFault !== null) faulted.failed += news.failed
        checkFailures()
      } else if (news.tells === 'log') event('log', news.text)
      else if (news.tells === 'exiting') {
        if (news.inCycle) event('target', exitText(news))
      } else if (news.tells === 'dying') event('target', `it died of an ${news.message}`, news.stack)
      // A server that is away keeps a cycle as long as it is.
      else if (news.tells === 'hung' && underFault !== null) hung = news.index
      else if (news.tells === 'hung') {
        // Those before it have run, though nobody had told of them yet.
        const ran = news.index - total.done - (plan.concurrency - 1)
        if (underWay) underWay = { ...underWay, done: Math.max(underWay.done, ran) }
        halt.now(
          'cycle-timeout',
          `cycle ${news.index} was still running after ${plan.cycleTimeoutMs / 1000} s${news.uncaught === null ? '' : `, ${news.uncaught}`}`,
          { hard: true },
        )
      }
    },
  }
}
