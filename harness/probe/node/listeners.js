// Listeners on process and on the emitters a scenario names, without those that were there before the scenario.

/** @typedef {import('node:events').EventEmitter} EventEmitter */

/** @param {EventEmitter} emitter */
const countOn = (emitter) => emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0)

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
