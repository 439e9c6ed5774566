// The ledger of an explaining run: what is live, by kind and the stack that made it. Only an explaining run loads this.
import { countAsked } from './asked.js'
import { countAsyncResources, watchAsyncResources } from './async-resources.js'
import { countCalls, watchCalls } from './calls.js'
import { countDescriptors, watchDescriptors } from './descriptors.js'
import { countListeners, watchListeners } from './listeners.js'
import { countMemory, countObjects, letGoOfConsole, watchMemory } from './memory.js'
import { newStacks, ownCodeIs } from './stacks.js'
import { countThreads, watchThreads } from './threads.js'

/** Entries told at a checkpoint, the largest first. */
const MOST = 2000

/**
 * @param {{ project: string, memory: boolean, objects: boolean, finely: boolean, calls: boolean }} options `memory`: also where memory is allocated, `objects`: and how many
 *   of each constructor there are, `finely`: down to single ones; `calls`: which calls are made, too
 */
export function openLedger({ project, memory, objects, finely, calls }) {
  ownCodeIs(project)
  // Node then keeps the source maps of what it loads.
  process.setSourceMapsEnabled(true)
  watchDescriptors()
  watchListeners()
  watchCalls()
  watchThreads()
  if (memory) watchMemory({ objects, finely })
  // Last, so that none of the above is in it.
  watchAsyncResources({ calls })
}

/** Call before the collection that comes before a reading. */
export const letGo = letGoOfConsole

/** @returns what is live, and the stacks that were not told before */
export function readLedger() {
  /** @type {Map<string, { kind: string, what: string | null, stack: number, count: number, ids?: string[], endsAfterMs?: number }>} */
  const entries = new Map()
  /** @param {string} kind @param {string | null} what @param {number} stack @param {number} count @param {string} [id] @param {number} [endsAfterMs] */
  const add = (kind, what, stack, count, id, endsAfterMs) => {
    const key = `${kind}|${what}|${stack}`
    const entry = entries.get(key)
    if (entry) entry.count += count
    else entries.set(key, { kind, what, stack, count })
    if (endsAfterMs !== undefined) {
      const now = /** @type {{ endsAfterMs?: number }} */ (entries.get(key))
      now.endsAfterMs = Math.max(now.endsAfterMs ?? 0, endsAfterMs)
    }
    if (id !== undefined) {
      const now = /** @type {{ ids?: string[] }} */ (entries.get(key))
      now.ids ??= []
      now.ids.push(id)
    }
  }
  /** @type {string[]} */
  const unread = []
  for (const read of [
    countMemory,
    countObjects,
    countAsyncResources,
    countDescriptors,
    countListeners,
    countCalls,
    countThreads,
    countAsked,
  ])
    try {
      read(add)
    } catch (error) {
      // An object of the target that is not what it looks like takes nothing from the others.
      unread.push(`${read.name.replace('count', '').toLowerCase()}: ${error instanceof Error ? error.message : error}`)
    }
  const told = [...entries.values()].sort((a, b) => b.count - a.count).slice(0, MOST)
  return { entries: told, unread: unread.join('; ') || null, ...newStacks(told.map(({ stack }) => stack)) }
}
