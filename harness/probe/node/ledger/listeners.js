// Listeners on emitters that live long: those that had listeners before the first checkpoint. What is made and let go of
// in a cycle takes its listeners along.
import { EventEmitter, getEventListeners } from 'node:events'
import { stackHere } from './stacks.js'
import { wrap } from './wrap.js'

/** @typedef {{ kind: string, event: string | symbol, listener: WeakRef<object>, stack: number }} Added */
/** @typedef {{ on: WeakRef<object>, added: Added[] }} Emitter */
/** @type {WeakMap<object, Emitter>} */
const byObject = new WeakMap()
/** @type {Set<Emitter>} */
const emitters = new Set()
let begun = false

/** @param {string} kind @param {object} on @param {string | symbol} event @param {unknown} listener @param {Function} above */
function note(kind, on, event, listener, above) {
  if (typeof listener !== 'function' && (typeof listener !== 'object' || listener === null)) return
  let emitter = byObject.get(on)
  if (!emitter) {
    if (begun) return
    emitter = { on: new WeakRef(on), added: [] }
    byObject.set(on, emitter)
    emitters.add(emitter)
  }
  emitter.added.push({ kind, event, listener: new WeakRef(listener), stack: stackHere(above) })
  if (emitter.added.length % 1000 === 0) sweep(emitter)
}

/** What listens, where that can be asked: some objects have no more of an emitter than its `on`. @param {any} on @param {string | symbol} event @returns {unknown[]} */
function listenersOf(on, event) {
  try {
    return typeof on.rawListeners === 'function' ? on.rawListeners(event) : getEventListeners(on, event)
  } catch {
    return []
  }
}

/** Forgets what was taken off again. @param {Emitter} emitter @returns {object | undefined} the emitter, where it lives */
function sweep(emitter) {
  const on = emitter.on.deref()
  if (on === undefined) {
    emitters.delete(emitter)
    return undefined
  }
  /** @type {Map<string | symbol, Map<unknown, number>>} */
  const left = new Map()
  /** @param {string | symbol} event */
  const listening = (event) => {
    let counts = left.get(event)
    if (!counts) {
      counts = new Map()
      for (const listener of listenersOf(on, event)) counts.set(listener, (counts.get(listener) ?? 0) + 1)
      left.set(event, counts)
    }
    return counts
  }
  // The same listener may be on it several times: the last ones added are those that stay.
  emitter.added = emitter.added
    .reverse()
    .filter(({ event, listener }) => {
      const counts = listening(event)
      const object = listener.deref()
      const n = object === undefined ? 0 : (counts.get(object) ?? 0)
      if (n > 0) counts.set(object, n - 1)
      return n > 0
    })
    .reverse()
  return on
}

/** @param {object} on */
function nameOf(on) {
  try {
    return String(on.constructor.name || 'an emitter')
  } catch {
    return 'an emitter'
  }
}

export function watchListeners() {
  const emitters = EventEmitter.prototype
  const noted = (/** @type {string} */ kind) => (/** @type {(...args: any[]) => any} */ original) =>
    /** @this {object} */ function along(/** @type {any[]} */ ...args) {
      const result = Reflect.apply(original, this, args)
      note(kind, this, args[0], args[1], along)
      return result
    }
  // One function by two names.
  emitters.addListener = wrap(emitters, 'on', noted('listener'))
  wrap(emitters, 'prependListener', noted('listener'))
  wrap(EventTarget.prototype, 'addEventListener', noted('event listener'))
}

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countListeners(count) {
  begun = true
  for (const emitter of emitters) {
    const on = sweep(emitter)
    if (on === undefined) continue
    const name = on === process ? 'process' : nameOf(on)
    for (const { kind, event, stack } of emitter.added) count(kind, `${String(event)} of ${name}`, stack, 1)
  }
}
