// Workers, also unref'd ones: the diagnostics channel tells of each, while its `new Worker` is on the stack.
import diagnosticsChannel from 'node:diagnostics_channel'
import { stackHere } from './stacks.js'

/** @type {Map<import('node:worker_threads').Worker, number>} */
const made = new Map()

export function watchThreads() {
  diagnosticsChannel.subscribe('worker_threads', function started(message) {
    made.set(/** @type {{ worker: import('node:worker_threads').Worker }} */ (message).worker, stackHere(started))
  })
}

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countThreads(count) {
  for (const [worker, stack] of made) {
    // An ended one has no number.
    if (worker.threadId === -1) made.delete(worker)
    else count('worker', null, stack, 1)
  }
}
