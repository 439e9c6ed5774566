// Settling: let what is on its way out get out, and no longer. A clean client is at or below the level of the last
// checkpoint after two turns of the event loop, and pays nothing more. Only a level that is higher is given time, until
// it is back or stops moving, and then a full collection, which may let go of more.
//
// A full collection is not free: when no client is alive, V8 drops what it learned of their shapes, and every cycle
// after even one such collection takes 10 to 20 % longer (`npm run bench`, docs/what-runtimes-show.md).
import { setImmediate, setTimeout } from './clock.js'
import { countTimers } from './timers.js'
import { liveWorkers } from './workers.js'

const FIRST_WAIT_MS = 1
const PATIENCE_MS = 500
/** Readings in a row that say the same. */
const STILL = 2

const turn = () => new Promise((resolve) => setImmediate(resolve))
/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const levels = () => [liveWorkers(), countTimers() ?? 0, process.getActiveResourcesInfo().length]

/** @type {number[] | undefined} */
let settled

/**
 * @param {boolean} collect make a full collection in any case
 * @returns {Promise<boolean>} whether a full collection was made
 */
export async function settle(collect) {
  const gc = /** @type {((options?: { type: string }) => void) | undefined} */ (globalThis.gc)
  // Without any argument: `gc(undefined)` collects next to nothing in Node 24.
  if (collect) gc?.()
  // After a full one, too: V8 gives external memory back with the collection after the one that freed it, whenever that is.
  gc?.({ type: 'minor' })
  await turn()
  await turn()
  let now = levels()
  const last = settled ?? now
  const higher = () => now.some((level, i) => level > (last[i] ?? 0))
  let collected = collect
  let still = 0
  for (let ms = FIRST_WAIT_MS, waited = 0; higher() && waited < PATIENCE_MS; waited += ms, ms *= 2) {
    await wait(ms)
    const next = levels()
    still = next.every((level, i) => level === now[i]) ? still + 1 : 0
    now = next
    if (still < STILL) continue
    if (collected) break
    gc?.()
    collected = true
    still = 0
  }
  settled = now
  return collected
}
