// Calls of the person's own code into a package, or over the network: where it is a server that keeps what leaks, they are
// all that this process shows of it. Made, not live: what came of them nobody here knows.
import { isOwn, stackAt } from './stacks.js'

/** Calls told at a checkpoint, those made most often first. */
const MOST = 300

/** What of the runtime asks another process for something. */
const asks =
  /^node:(internal\/)?(_?https?(_|$)|http2|net$|_?tls|dgram|child_process|deps\/undici|bootstrap\/web|streams\/writable)/
/** @param {string} file */
const isCallee = (file) => (file.startsWith('node:') ? asks.test(file) : true)

/** What one call makes has several stacks. @typedef {{ count: number, depth: number, stack: number }} Made */
/** @typedef {{ what: string | null, made: Map<string, Made> }} Call */
/** @type {Map<string, Call>} */
const calls = new Map()
/** What to count for a stack, null for nothing. @type {Map<number, Made | null>} */
const byStack = new Map()

const text = (/** @type {readonly import('../../../model.ts').Frame[]} */ frames) =>
  frames.map(({ file, line, column }) => `${file}:${line}:${column}`).join('|')

/** @param {number} stack @returns {Made | null} */
function madeBy(stack) {
  const frames = stackAt(stack)
  const own = frames.findIndex(({ file }) => isOwn(file))
  const callee = frames[own - 1]
  if (!callee || !isCallee(callee.file)) return null
  // The runtime's frames below differ in the first cycle of a batch.
  const path = text(frames.slice(own).filter(({ file }) => !file.startsWith('node:')))
  const key = `${callee.function}|${path}`
  const call = calls.get(key) ?? { what: callee.function || null, made: new Map() }
  calls.set(key, call)
  const inner = text(frames.slice(0, own))
  const made = call.made.get(inner) ?? { count: 0, depth: own, stack }
  call.made.set(inner, made)
  return made
}

/** @param {number} stack of something that was made just now */
export function noteCall(stack) {
  let made = byStack.get(stack)
  if (made === undefined) {
    made = madeBy(stack)
    byStack.set(stack, made)
  }
  if (made) made.count++
}

/** What a call makes once for each time it is made: the nearest to it, and of these the rarest. @param {Call} call */
const onceEach = ({ made }) =>
  /** @type {Made} */ ([...made.values()].sort((a, b) => a.depth - b.depth || a.count - b.count)[0])

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countAsked(count) {
  const told = [...calls.values()].map((call) => ({ what: call.what, ...onceEach(call) }))
  for (const { what, stack, count: n } of told.sort((a, b) => b.count - a.count).slice(0, MOST))
    count('call', what, stack, n)
}
