// One reading of the runtime view, after settling. What cannot be read is null with its reason, never zero.
import v8 from 'node:v8'
import { readHandles } from './handles.js'
import { readListeners } from './listeners.js'
import { countTimers } from './timers.js'
import { liveWorkers } from './workers.js'

/** @typedef {abstract new (...args: never[]) => unknown} Class */
/** @typedef {{ readings: Record<string, number | null>, unread: Record<string, string>, detail: Record<string, Record<string, number>>, v8Memory: number }} RuntimeReading */

/** @param {Record<string, number>} counts */
const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0)

/** @param {{ name?: string }[]} objects */
const byConstructor = (objects) => {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const object of objects) {
    const name = object.constructor?.name ?? 'unknown'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/**
 * @param {{ track: Class[], emitters: Record<string, import('node:events').EventEmitter>, timersUnread: string | null }} options
 * @returns {RuntimeReading}
 */
export function readRuntime({ track, emitters, timersUnread }) {
  // Memory first: the readings below allocate. process.memoryUsage() opens a file, which a limit may refuse.
  const memory = v8.getHeapStatistics()
  /** @type {RuntimeReading} */
  const reading = {
    readings: {
      heap: memory.used_heap_size,
      external: memory.external_memory,
      workers: liveWorkers(),
      timers: countTimers(),
    },
    unread: {},
    detail: {},
    v8Memory: memory.total_heap_size + memory.external_memory,
  }
  const { readings, unread, detail } = reading
  if (timersUnread !== null) unread.timers = timersUnread

  const handles = readHandles()
  if ('unread' in handles) {
    readings.handles = null
    unread.handles = handles.unread
  } else {
    readings.handles = sum(handles.byType)
    detail.handles = handles.byType
  }

  // Not in the documentation, and what getActiveResourcesInfo() is made of; that one mixes requests with handles.
  const active = /** @type {{ _getActiveRequests?: () => object[] }} */ (/** @type {unknown} */ (process))
  const requests = active._getActiveRequests?.()
  readings.requests = requests?.length ?? null
  if (requests) detail.requests = byConstructor(requests)
  else unread.requests = 'this Node does not list its requests'

  detail.listeners = readListeners(emitters)
  readings.listeners = sum(detail.listeners)

  for (const tracked of track) {
    const name = `instances:${tracked.name}`
    if (typeof v8.queryObjects === 'function')
      readings[name] = v8.queryObjects(/** @type {never} */ (tracked), { format: 'count' })
    else {
      readings[name] = null
      unread[name] = 'needs v8.queryObjects, Node 20.13 or newer'
    }
  }
  return reading
}
