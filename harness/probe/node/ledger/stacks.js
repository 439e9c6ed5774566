// Creation stacks as numbers. A stack is written down once, as text, when it is first seen: the ledger holds no object
// of the target, and a million timers from one line cost one stack.
import { executionAsyncResource } from 'node:async_hooks'
import { pathOf, sitesAbove } from './capture.js'
import { mapped } from './maps.js'

/** @typedef {import('../../../model.ts').Frame} Frame */
/** @typedef {import('./maps.js').Source} Source */
/** @typedef {{ frames: readonly Frame[], text: string, cause: number, depth: number }} Stack */

/** Causes back: a callback of a callback of … */
const LONGEST = 12

const { defineProperty } = Object
const ours = new URL('..', import.meta.url).href

/** Where the stack that made a resource is kept, on the resource: it is gone when that is. */
const made = Symbol('holdwater.stack')

let project = ''
/** The folder whose files, but for its packages, are the person's own. @param {string} folder */
export function ownCodeIs(folder) {
  project = `${folder}/`
}

/** Number 0 is the empty stack. @type {Stack[]} */
const stacks = [{ frames: [], text: '', cause: 0, depth: 0 }]
/** @type {Map<string, number>} */
const known = new Map([['0|', 0]])

/** @param {string} file */
export const isOwn = (file) =>
  file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file)
    ? !(file.startsWith(project) ? file.slice(project.length) : file).includes('node_modules')
    : false

/**
 * Writes down a stack. Without a frame of the person's own it goes on with the stack of whatever it runs on behalf of:
 * what opens a socket after a name was resolved was called by nobody, and caused by somebody.
 * @param {readonly Frame[]} frames innermost first
 * @param {number} cause
 */
function write(frames, cause) {
  const text = frames.map(({ file, line, column }) => `${file}:${line}:${column}`).join('|')
  const because = frames.some(({ file }) => isOwn(file)) ? 0 : withoutRepeat(text, cause)
  const key = `${because}|${text}`
  const seen = known.get(key)
  if (seen !== undefined) return seen
  const id = stacks.length
  stacks.push({ frames, text, cause: because, depth: because === 0 ? 0 : (stacks[because]?.depth ?? 0) + 1 })
  known.set(key, id)
  return id
}

/** A timer that sets itself anew each time has one cause, not one more each time. @param {string} text @param {number} cause */
function withoutRepeat(text, cause) {
  for (let id = cause; id !== 0; id = stacks[id]?.cause ?? 0)
    if (stacks[id]?.text === text) return stacks[id]?.cause ?? 0
  return (stacks[cause]?.depth ?? 0) >= LONGEST ? 0 : cause
}

/** The stack of the code that runs, from the caller of `above` on; 0 where there is none to be had. @param {Function} above */
export function stackHere(above) {
  try {
    return capture(above)
  } catch {
    // As when the target has all but used up its own stack: an error of ours would be one of its.
    return 0
  }
}

/** The frames of a stack itself, without its causes. @param {number} stack @returns {readonly Frame[]} */
export const stackAt = (stack) => stacks[stack]?.frames ?? []

/** The stack that made what this code runs on behalf of. @returns {number} */
export const causeHere = () => /** @type {{ [made]?: number }} */ (executionAsyncResource())[made] ?? 0

/** @param {Function} above */
function capture(above) {
  const sites = sitesAbove(above)
  let from = 0
  while (
    from < sites.length &&
    /^node:internal\/(async_hooks|diagnostics)|^node:diagnostics_channel/.test(sites[from]?.file ?? '')
  )
    from++
  const key = sites.map(({ file, line, column }) => `${file}:${line}:${column}`).join('|')
  const cause = causeHere()
  const quick = `${cause}/${key}`
  const seen = quickly.get(quick)
  if (seen !== undefined) return seen
  const frames = sites
    .slice(from)
    .filter(({ file }) => file !== '' && !isOurs(file))
    .map(({ file, line, column, name }) => ({ file, line, column, function: name() }))
  const id = write(frames, cause)
  quickly.set(quick, id)
  return id
}
/** From all that was captured, as it came, to its stack: most stacks have been seen before. @type {Map<string, number>} */
const quickly = new Map()

const oursAsPath = pathOf(ours)
/** @param {string} file */
const isOurs = (file) => file.startsWith(oursAsPath)

/** A stack that somebody else captured, such as a profiler. @param {readonly Frame[]} frames */
export const stackOf = (frames) =>
  write(
    frames.filter(({ file }) => !isOurs(pathOf(file))).map((frame) => ({ ...frame, file: pathOf(frame.file) })),
    0,
  )

/** Remembers, on a resource, who made it. @param {object} resource @param {number} stack */
export function remember(resource, stack) {
  try {
    defineProperty(resource, made, { value: stack, configurable: true, writable: true, enumerable: false })
  } catch {
    // frozen
  }
}

/** @type {Set<number>} */
const told = new Set()
/**
 * Stacks that were not told before, with their causes, through their source maps; and the sources that only a map has.
 * @param {Iterable<number>} ids
 */
export function newStacks(ids) {
  /** @type {{ id: number, frames: Frame[] }[]} */
  const news = []
  /** @type {Map<string, Source>} */
  const sources = new Map()
  for (const id of ids) {
    if (id === 0 || told.has(id)) continue
    told.add(id)
    const frames = []
    for (let at = id; at !== 0; at = stacks[at]?.cause ?? 0) frames.push(...(stacks[at]?.frames ?? []))
    news.push({ id, frames: frames.map((frame) => mapped(frame, sources)) })
  }
  return { stacks: news, sources: [...sources.values()] }
}
