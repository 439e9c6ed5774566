// Settling: let what is on its way out get out, and no longer. A clean client is at or below the level of the last
// checkpoint after one collection and two turns of the event loop, and pays nothing more; only a level that is higher
// is given time, until it stops moving or patience ends.

import { countTimers } from './timers.js'
import { liveWorkers } from './workers.js'

const FIRST_WAIT_MS = 1
const PATIENCE_MS = 500

const turn = () => new Promise((resolve) => setImmediate(resolve))
/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const levels = () => [liveWorkers(), countTimers() ?? 0, process.getActiveResourcesInfo().length]

/** @type {number[] | undefined} */
let settled

export async function settle() {
  globalThis.gc?.()
  await turn()
  await turn()
  let now = levels()
  const last = settled
  if (last && now.some((level, i) => level > (last[i] ?? 0))) {
    let still = 0
    for (let ms = FIRST_WAIT_MS, waited = 0; still < 2 && waited < PATIENCE_MS; waited += ms, ms *= 2) {
      await wait(ms)
      const next = levels()
      still = next.every((level, i) => level === now[i]) ? still + 1 : 0
      now = next
    }
  }
  settled = now
}
