// Drives the cycles of one batch. Nothing here allocates more than one small object a cycle or sets more than one
// timer a batch, or one for each of the cycles that are in flight: what is measured is the scenario.
import { clearTimeout, setImmediate, setTimeout } from './clock.js'
import { openNews } from './news.js'
import { framesOf, kindOf, messageOf } from './thrown.js'

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

/**
 * Runs the cycles of a batch, `concurrency` of them at a time, and resolves when all that began have ended.
 * @param {{ from: number, count: number, concurrency: number, cycleTimeoutMs: number, leastMs: number }} batch
 * @param {{ cycle: (context: any) => unknown, shared: object, tell: (message: object) => void, stopped: () => boolean }} how
 */
export async function runBatch(
  { from, count, concurrency, cycleTimeoutMs, leastMs },
  { cycle, shared, tell, stopped },
) {
  let failed = 0
  let next = from
  let ended = 0

  /** @param {number} index @param {unknown} error */
  const fail = (index, error) => {
    failed++
    const told = newsOf(kindOf(error), () => ({ message: messageOf(error), stack: framesOf(error) }))
    if (told !== null) tell({ tells: 'failed-cycle', index, ...told })
  }

  const started = performance.now()
  let told = started
  /** One cycle after the other, as long as there are any. */
  const lane = async () => {
    let index = next
    let late = false
    /** @type {AbortController | undefined} */
    let controller
    /** @type {NodeJS.Timeout | undefined} */
    let grace
    const tooLong = () => new Error(`the cycle took longer than cycleTimeout (${cycleTimeoutMs} ms)`)
    const tooLate = () => {
      late = true
      controller?.abort(tooLong())
      grace = setTimeout(() => tell({ tells: 'hung', index }), GRACE_MS).unref()
    }
    const watch = setTimeout(tooLate, cycleTimeoutMs).unref()
    for (const end = from + count; next < end && !stopped(); ) {
      index = next++
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
        if (late) fail(index, tooLong())
      } catch (error) {
        fail(index, error)
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
        tell({ tells: 'progress', cycles: ended, failed })
        await turn() // cycles that never leave the microtask queue would keep `stop` from arriving
      }
    }
    clearTimeout(watch)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
  return { cycles: ended, failed, batchMs: performance.now() - started }
}
