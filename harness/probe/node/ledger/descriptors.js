// What is opened: descriptors, which no hook of Node sees, and handles of files and directories, which it sees without a
// stack. The calls that open are wrapped. Whether a descriptor is still the file it was is asked of itself, so nothing that
// closes has to be.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { adopt, adoptDirectory } from './async-resources.js'
import { stackHere } from './stacks.js'
import { wrap } from './wrap.js'

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

/** Lets a call's callback go through us. @param {any[]} args @param {(made: any) => void} act on what was made without an error */
function afterwards(args, act) {
  const callback = args.at(-1)
  if (typeof callback !== 'function') return
  args[args.length - 1] = /** @this {any} */ function (/** @type {any[]} */ ...answer) {
    if (!answer[0]) act(answer[1])
    return Reflect.apply(callback, this, answer)
  }
}

export function watchDescriptors() {
  wrap(fs, 'open', (open) => {
    return function along(...args) {
      const stack = stackHere(along)
      afterwards(args, (fd) => note(fd, stack))
      return Reflect.apply(open, fs, args)
    }
  })
  wrap(fs, 'opendir', (opendir) => {
    return function along(...args) {
      const stack = stackHere(along)
      afterwards(args, () => adoptDirectory(stack))
      return Reflect.apply(opendir, fs, args)
    }
  })
  wrap(fs.promises, 'open', (open) => {
    return async function along(...args) {
      const stack = stackHere(along)
      const handle = await Reflect.apply(open, fs.promises, args)
      adopt(handle.getAsyncId(), stack)
      return handle
    }
  })
  wrap(fs.promises, 'opendir', (opendir) => {
    return async function along(...args) {
      const stack = stackHere(along)
      const directory = await Reflect.apply(opendir, fs.promises, args)
      adoptDirectory(stack)
      return directory
    }
  })
  wrap(fs, 'openSync', (openSync) => {
    return function along(...args) {
      const fd = Reflect.apply(openSync, fs, args)
      note(fd, stackHere(along))
      return fd
    }
  })
  syncBuiltinESMExports()
}

/** @param {(kind: string, what: string | null, stack: number, count: number) => void} count */
export function countDescriptors(count) {
  for (const [fd, { stack, inode }] of opened) {
    if (inodeOf(fd) === inode) count('file descriptor', null, stack, 1)
    else opened.delete(fd)
  }
}
