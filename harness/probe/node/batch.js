// Drives the cycles of one batch. Nothing here allocates more than one small object a cycle or sets more than one
// timer a batch, or one for each of the cycles that are in flight: what is measured is the scenario.
import { clearTimeout, setImmediate, setTimeout } from './clock.js'
import { openNews } from './news.js'
import { framesOf, kindOf, messageOf, messageOfUncaught } from './thrown.js'

const PROGRESS_EVERY_MS = 250
/** A cycle that was told to stop may take this long to do so. */
const GRACE_MS = 1000

const turn = () => new Promise((resolve) => setImmediate(resolve))
/** @param {number} time */
const until = async (time) => {
  const ms = time - performance.now()
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
}
const newsOf = openNews()

/** A cycle, of those of a lane the present one. @typedef {{ index: number, failed: boolean, uncaught: string | null }} Cycle */
/** The cycle that began last: what nobody catches is put down to it. @type {Cycle} */
let latest = { index: 0, failed: false, uncaught: null }
/** The batch under way. @type {{ failed: number } | null} */
let underWay = null
/** Cycles that failed when none was under way, and are not yet told of. */
let afterwards = 0

/**
 * A cycle that fails twice has failed once.
 * @param {Cycle} cycle
 */
function countFailed(cycle) {
  if (cycle.failed) return
  cycle.failed = true
  if (underWay) underWay.failed++
  else afterwards++
}

/** @param {string} kind @param {number | null} index @param {() => import('./news.js').Told} say @param {(message: object) => void} tell */
function tellFailure(kind, index, say, tell) {
  const told = newsOf(kind, say)
  if (told !== null) tell({ tells: 'failed-cycle', index, ...told })
}

/**
 * An error that nobody caught fails a cycle: the one under way, or the last one that was; of several under way, the one that
 * began last. A request of a load is a cycle whose number is not known here.
 * @param {unknown} error
 * @param {string} what `uncaught error` or `unhandled rejection`
 * @param {{ tell: (message: object) => void, ofLoad: boolean }} how
 */
export function failUncaught(error, what, { tell, ofLoad }) {
  if (ofLoad) afterwards++
  else countFailed(latest)
  const message = `${what}: ${messageOfUncaught(error)}`
  if (underWay) latest.uncaught ??= message
  const say = () => ({ message, stack: framesOf(error) })
  tellFailure(`${what} ${kindOf(error)}`, ofLoad ? null : latest.index, say, tell)
}

/** Cycles that failed when no batch was under way, since this was last asked. */
export function takeAfterwards() {
  const taken = afterwards
  afterwards = 0
  return taken
}

/**
 * Runs the cycles of a batch, `concurrency` of them at a time, and resolves when all that began have ended.
 * @param {{ from: number, count: number, concurrency: number, cycleTimeoutMs: number, leastMs: number }} batch
 * @param {{ cycle: (context: any) => unknown, shared: object, tell: (message: object) => void, stopped: () => boolean }} how
 */
export async function runBatch(
  { from, count, concurrency, cycleTimeoutMs, leastMs },
  { cycle, shared, tell, stopped },
) {
  const batch = { failed: 0 }
  let next = from
  let ended = 0
  underWay = batch

  /** @param {Cycle} cycle @param {unknown} error */
  const fail = (cycle, error) => {
    countFailed(cycle)
    const say = () => ({ message: messageOf(error), stack: framesOf(error) })
    tellFailure(kindOf(error), cycle.index, say, tell)
  }

  const started = performance.now()
  let told = started
  /** One cycle after the other, as long as there are any. */
  const lane = async () => {
    /** @type {Cycle} */
    const present = { index: next, failed: false, uncaught: null }
    let late = false
    /** @type {AbortController | undefined} */
    let controller
    /** @type {NodeJS.Timeout | undefined} */
    let grace
    const tooLong = () => new Error(`the cycle took longer than cycleTimeout (${cycleTimeoutMs} ms)`)
    const tooLate = () => {
      late = true
      controller?.abort(tooLong())
      grace = setTimeout(
        () => tell({ tells: 'hung', index: present.index, uncaught: present.uncaught }),
        GRACE_MS,
      ).unref()
    }
    const watch = setTimeout(tooLate, cycleTimeoutMs).unref()
    for (const end = from + count; next < end && !stopped(); ) {
      const index = next++
      present.index = index
      present.failed = false
      present.uncaught = null
      latest = present
      controller = undefined
      watch.refresh()
      try {
        await cycle({
          ...shared,
          index,
          // Made only for a cycle that asks for it.
          get signal() {
            controller ??= new AbortController()
            return controller.signal
          },
        })
        if (late) fail(present, tooLong())
      } catch (error) {
        fail(present, error)
      }
      ended++
      if (late) {
        late = false
        clearTimeout(grace)
      }
      if (leastMs > 0) await until(started + leastMs * ended)
      const now = performance.now()
      if (now - told > PROGRESS_EVERY_MS) {
        told = now
        tell({ tells: 'progress', cycles: ended, failed: batch.failed })
        await turn() // cycles that never leave the microtask queue would keep `stop` from arriving
      }
    }
    clearTimeout(watch)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
  underWay = null
  latest.uncaught = null
  return { cycles: ended, failed: batch.failed, batchMs: performance.now() - started }
}
