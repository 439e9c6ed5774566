// Live worker_threads. `process.getActiveResourcesInfo()` misses those that were unref'd; the diagnostics channel sees
// every `new Worker`, costs nothing until one is made, and leaves no listener on it.
import diagnosticsChannel from 'node:diagnostics_channel'

/** @type {Set<import('node:worker_threads').Worker>} */
const made = new Set()

export function watchWorkers() {
  diagnosticsChannel.subscribe('worker_threads', (message) => {
    made.add(/** @type {{ worker: import('node:worker_threads').Worker }} */ (message).worker)
  })
}

/** How many are live now. An ended worker's threadId is -1. */
export function liveWorkers() {
  for (const worker of made) if (worker.threadId === -1) made.delete(worker)
  return made.size
}
