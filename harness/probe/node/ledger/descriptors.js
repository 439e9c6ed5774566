// Descriptors opened by number, which no hook of Node sees: `fs.open` and `fs.openSync` are wrapped. Whether one is still
// the file it was is asked of the descriptor itself, so nothing that closes has to be wrapped.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { stackHere } from './stacks.js'

const { fstatSync } = fs
/** @typedef {{ stack: number, inode: string }} Opened */
/** @type {Map<number, Opened>} */
const opened = new Map()

/** Device and inode: a number that is given out again is another file. @param {number} fd */
function inodeOf(fd) {
  try {
    const { dev, ino } = fstatSync(fd)
    return `${dev}:${ino}`
  } catch {
    return null
  }
}

/** @param {number} fd @param {number} stack */
function note(fd, stack) {
  const inode = inodeOf(fd)
  if (inode !== null) opened.set(fd, { stack, inode })
}

export function watchDescriptors() {
  const { open, openSync } = fs
  // They keep their names and lengths: somebody may look.
  /** @type {Record<'open' | 'openSync', (...args: any[]) => any>} */
  const wrapped = {
    open(...args) {
      const stack = stackHere(wrapped.open)
      const callback = args.at(-1)
      if (typeof callback === 'function')
        args[args.length - 1] = /** @this {any} */ function (/** @type {any[]} */ ...answer) {
          if (!answer[0] && typeof answer[1] === 'number') note(answer[1], stack)
          return Reflect.apply(callback, this, answer)
        }
      return Reflect.apply(open, fs, args)
    },
    openSync(...args) {
      const fd = Reflect.apply(openSync, fs, args)
      note(fd, stackHere(wrapped.openSync))
      return fd
    },
  }
  const own = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (fs))
  for (const name of /** @type {const} */ (['open', 'openSync'])) {
    const length = name === 'open' ? open.length : openSync.length
    Object.defineProperty(wrapped[name], 'length', { value: length })
    own[name] = wrapped[name]
  }
  syncBuiltinESMExports()
}

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countDescriptors(count) {
  for (const [fd, { stack, inode }] of opened) {
    if (inodeOf(fd) === inode) count('file descriptor', null, stack, 1)
    else opened.delete(fd)
  }
}
