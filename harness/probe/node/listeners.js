// Listeners on process and on the emitters a scenario names, without those that were there before the scenario.

/** @typedef {import('node:events').EventEmitter} EventEmitter */

/** @param {EventEmitter} emitter */
const countOn = (emitter) => emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0)

/** What came, to whoever wrote it. @param {any} value */
function nameOf(value) {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value)
  const name = Object.getPrototypeOf(value)?.constructor?.name
  return !name || name === 'Object' ? 'a plain object' : name
}

const countsListeners = (/** @type {any} */ value) =>
  typeof value?.eventNames === 'function' && typeof value.listenerCount === 'function'

/** @param {object} value */
const isPlain = (value) => [Object.prototype, null].includes(Object.getPrototypeOf(value))

/** What `emitters()` returned, checked. @param {any} emitters @returns {Record<string, EventEmitter>} */
export function checkEmitters(emitters) {
  const isByName = Object.prototype.toString.call(emitters) === '[object Object]' && !countsListeners(emitters)
  // An object without names counts nothing: a single target, which keeps what it has elsewhere.
  if (!isByName || emitters instanceof EventTarget || (Object.keys(emitters).length === 0 && !isPlain(emitters)))
    throw new Error(`expected an object of emitters by name, such as { pool }, got ${nameOf(emitters)}`)
  for (const [name, emitter] of Object.entries(emitters)) {
    if (countsListeners(emitter)) continue
    // Of an EventTarget Node counts the listeners of one type only.
    const instead =
      emitter instanceof EventTarget
        ? "listeners of one type can be counted in `serverState`, by getEventListeners(target, 'abort').length of node:events"
        : 'name what has `eventNames` and `listenerCount`, or leave it out'
    throw new Error(`expected an EventEmitter for ${JSON.stringify(name)}, got ${nameOf(emitter)}: ${instead}`)
  }
  return emitters
}

let before = 0

/** Call when the probe has put its own listeners on process and the scenario is not yet loaded. */
export function listenersStartHere() {
  before = countOn(process)
}

/** @param {Record<string, EventEmitter>} emitters @returns {Record<string, number>} */
export function readListeners(emitters) {
  /** @type {Record<string, number>} */
  const byEmitter = { process: countOn(process) - before }
  for (const [name, emitter] of Object.entries(emitters)) byEmitter[name] = countOn(emitter)
  return byEmitter
}
