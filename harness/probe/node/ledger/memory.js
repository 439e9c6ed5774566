// Where memory that stays was allocated. V8's sampling profiler knows the function of objects on its heap; buffers, whose
// bytes are outside of it, are followed one by one.
import inspector from 'node:inspector'
import { stackHere, stackOf } from './stacks.js'
import { wrap } from './wrap.js'

/** On average one sample every so many bytes. */
const SAMPLE_EVERY = { rough: 1024, fine: 16 }
/** Sites told at a checkpoint, the largest first. */
const MOST = 300
const SMALLEST_BUFFER = 1024

/** Objects are counted by their constructors on a heap of this size at most: each of them is looked at. */
const LARGEST_HEAP = 128 * 1024 ** 2
/** Constructors told at a checkpoint, those with most objects first. */
const MOST_CONSTRUCTORS = 200

/** @typedef {{ callFrame: { functionName: string, url: string, lineNumber: number, columnNumber: number }, selfSize: number, children: Node[] }} Node */

/** @type {inspector.Session | undefined} */
let session
/** Bytes of live buffers, by stack. @type {Map<number, number>} */
const buffers = new Map()

let countsObjects = false

/** @param {{ objects: boolean, finely: boolean }} options */
export function watchMemory({ objects, finely }) {
  countsObjects = objects
  session = new inspector.Session()
  session.connect()
  session.post('HeapProfiler.enable')
  session.post('HeapProfiler.startSampling', { samplingInterval: finely ? SAMPLE_EVERY.fine : SAMPLE_EVERY.rough })

  const gone = new FinalizationRegistry((/** @type {{ stack: number, bytes: number }} */ { stack, bytes }) =>
    buffers.set(stack, (buffers.get(stack) ?? 0) - bytes),
  )
  /** @type {WeakSet<ArrayBufferLike>} */
  const seen = new WeakSet()
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from'])
    wrap(
      Buffer,
      name,
      (original) =>
        /** @this {unknown} */ function along(/** @type {any[]} */ ...args) {
          const made = Reflect.apply(original, this, args)
          const { buffer, byteLength } = made
          // What shares the memory of another, or is a slice of Node's pool, is not its owner.
          if (byteLength >= SMALLEST_BUFFER && buffer.byteLength === byteLength && !seen.has(buffer)) {
            seen.add(buffer)
            const owned = { stack: stackHere(along), bytes: byteLength }
            buffers.set(owned.stack, (buffers.get(owned.stack) ?? 0) + byteLength)
            gone.register(buffer, owned)
          }
          return made
        },
    )
}

/** Before a collection: for whoever is connected V8 keeps what was printed. */
export function letGoOfConsole() {
  session?.post('Runtime.discardConsoleEntries')
}

/**
 * How many objects there are of each constructor. Runs on an array of all of them, without running any code of theirs: no
 * getter, no trap of a proxy.
 * @this {object[]}
 */
function byConstructor() {
  /** @type {Record<string, number>} */
  const counts = Object.create(null)
  for (const object of this) {
    let name = ''
    try {
      const made = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(object), 'constructor')?.value
      name = Object.getOwnPropertyDescriptor(made, 'name')?.value
    } catch {
      // without a prototype
    }
    if (typeof name === 'string' && name !== '') counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** @returns {[constructor: string, objects: number][]} the most first */
function constructors() {
  if (!session || !countsObjects || process.memoryUsage().heapUsed > LARGEST_HEAP) return []
  /** @type {Record<string, number>} */
  let counts = {}
  // In the session's own thread every answer comes at once.
  const ask = (/** @type {string} */ method, /** @type {object} */ params) => {
    /** @type {any} */
    let answer
    session?.post(method, params, (/** @type {unknown} */ _, /** @type {any} */ said) => {
      answer = said
    })
    return answer
  }
  const objectGroup = 'holdwater'
  const { objectId: prototypeObjectId } =
    ask('Runtime.evaluate', { expression: 'Object.prototype', objectGroup })?.result ?? {}
  const { objectId } = ask('Runtime.queryObjects', { prototypeObjectId, objectGroup })?.objects ?? {}
  const functionDeclaration = String(byConstructor)
  if (objectId)
    counts = ask('Runtime.callFunctionOn', { objectId, functionDeclaration, returnByValue: true })?.result?.value ?? {}
  ask('Runtime.releaseObjectGroup', { objectGroup })
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_CONSTRUCTORS)
}

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countObjects(count) {
  for (const [name, objects] of constructors()) count('object', name, 0, objects)
}

/** What looks at everything allocates for everything: that is no leak of the target's. */
const instruments =
  /\/probe\/node\/ledger\/(async-resources|stacks|capture|maps)\.js|\/node_modules\/why-is-node-running\//

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countMemory(count) {
  if (!session) return
  for (const [stack, bytes] of buffers) if (bytes > 0) count('buffer', null, stack, bytes)
  /** @type {{ frames: import('../../../model.ts').Frame[], bytes: number }[]} */
  const sites = []
  session.post('HeapProfiler.getSamplingProfile', (error, answer) => {
    if (error) return
    /** @param {Node} node @param {import('../../../model.ts').Frame[]} callers */
    const walk = ({ callFrame, selfSize, children }, callers) => {
      const { functionName, url, lineNumber, columnNumber } = callFrame
      if (instruments.test(url)) return
      const frame = { file: url, line: lineNumber + 1, column: columnNumber + 1, function: functionName }
      const frames = url ? [frame, ...callers] : callers
      if (selfSize > 0 && frames.length > 0) sites.push({ frames, bytes: selfSize })
      for (const child of children) walk(child, frames)
    }
    walk(/** @type {Node} */ (answer.profile.head), [])
  })
  for (const { frames, bytes } of sites.sort((a, b) => b.bytes - a.bytes).slice(0, MOST))
    count('allocation', null, stackOf(frames), bytes)
}
