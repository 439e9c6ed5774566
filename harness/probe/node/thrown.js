// What can be said of something that was thrown, whatever it is: a getter of it may throw, a proxy trap everything, a chain of
// causes may have no end, a text may have 50 MB. Nothing here throws, and nothing it says is long.
import { inspect } from 'node:util'

/** Characters of a message; of a stack, so many frames in so many characters. */
const LONGEST = 1500
const LONGEST_STACK = 4000
const MOST_FRAMES = 20
/** Where our own frames begin. */
const OURS = new URL('.', import.meta.url).href
/** A kind is a code: what is longer is none. */
const LONGEST_KIND = 100
/** A cut is put where a word ends, so that no part of a secret is left, if a word ends within so much of it. */
const LONGEST_WORD = 500
/** Causes within causes. */
const DEEPEST = 8

/**
 * @template Value
 * @param {() => Value} read
 * @param {Value} otherwise
 */
function attempt(read, otherwise) {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** @param {string} text */
function cut(text) {
  if (text.length <= LONGEST) return text
  const kept = text.slice(0, LONGEST)
  const end = kept.search(new RegExp(`\\s\\S{0,${LONGEST_WORD}}$`))
  return `${end > 0 ? kept.slice(0, end) : kept}… (cut: ${text.length} characters)`
}

/** @param {any} error @param {string} name @returns {any} */
const property = (error, name) =>
  (typeof error === 'object' && error !== null) || typeof error === 'function'
    ? attempt(() => error[name], undefined)
    : undefined

/** @param {any} error @param {number} [depth] @returns {string} the code of an error, or of what caused it; empty without one */
export function kindOf(error, depth = 0) {
  const code = property(error, 'code')
  if (typeof code === 'number') return String(code)
  // A part of a text would keep the whole, for as long as the kind is remembered: a copy does not.
  if (typeof code === 'string') return code.length > LONGEST_KIND ? ` ${code.slice(0, LONGEST_KIND)}`.slice(1) : code
  if (depth === DEEPEST) return ''
  const cause = property(error, 'cause')
  return kindOf(cause ? cause : property(property(error, 'errors'), '0'), depth + 1)
}

/** What is no error, or an error whose message cannot be read. @param {unknown} thrown */
function shown(thrown) {
  const text = attempt(() => String(thrown), null)
  if (text !== null && !text.startsWith('[object ')) return text
  // It looks at a proxy from outside, and calls no getter.
  const options = { showProxy: true, customInspect: false, depth: 1, maxStringLength: LONGEST, breakLength: Infinity }
  return (
    attempt(() => inspect(thrown, options), null) ?? text ?? `something that cannot be read, of type ${typeof thrown}`
  )
}

/** @param {unknown} thrown */
function own(thrown) {
  const message = property(thrown, 'message')
  if (typeof message === 'string') return message
  const stack = property(thrown, 'stack')
  // The first line of a stack was written when the error was made.
  return typeof stack === 'string' && stack !== '' ? (stack.slice(0, LONGEST).split('\n')[0] ?? '') : shown(thrown)
}

/** @param {unknown} thrown @returns {string} its message alone */
export const plainMessageOf = (thrown) => cut(own(thrown))

/** @param {unknown} thrown @returns {string} its message, with its kind where that is not in it */
export function messageOf(thrown) {
  const message = plainMessageOf(thrown)
  const kind = kindOf(thrown)
  return kind === '' || message.includes(kind) ? message : `${message} (${kind})`
}

/** Node wraps what is no error into one of its own. */
const WRAPPED = 'The promise rejected with the reason "'

/** @param {unknown} thrown what reached Node itself @returns {string} */
export function messageOfUncaught(thrown) {
  if (property(thrown, 'code') !== 'ERR_UNHANDLED_REJECTION') return messageOf(thrown)
  const message = own(thrown)
  const from = message.indexOf(WRAPPED)
  return from < 0 ? messageOf(thrown) : cut(message.slice(from + WRAPPED.length).replace(/"\.$/, ''))
}

/** @param {unknown} thrown @returns {string} the innermost frames of its stack, down to those of ours, a line each; empty without any */
export function framesOf(thrown) {
  const stack = property(thrown, 'stack')
  if (typeof stack !== 'string') return ''
  const message = property(thrown, 'message')
  // The message stands before the frames, however long it is.
  const at = typeof message === 'string' ? stack.indexOf(message) : -1
  const frames = stack
    .slice(at < 0 ? 0 : at + /** @type {string} */ (message).length)
    .slice(0, LONGEST_STACK)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
  const end = frames.findIndex((line) => line.includes(OURS))
  return frames.slice(0, end < 0 ? MOST_FRAMES : Math.min(end, MOST_FRAMES)).join('\n')
}

/** @param {Error} here @returns {string | null} the innermost frame on its stack that is neither ours nor Node's */
export function callerOf(here) {
  const stack = property(here, 'stack')
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : []
  return frames.find((line) => !line.includes(OURS) && !/\bnode:/.test(line))?.trim() ?? null
}

/** @param {unknown} thrown @returns {string} its name, and the frames below it */
export function stackOf(thrown) {
  const name = property(thrown, 'name')
  return `${typeof name === 'string' ? name.slice(0, LONGEST_KIND) : ''}\n${framesOf(thrown)}`.trim()
}
