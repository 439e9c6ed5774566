/** The call that would let go of what was made: by its kind, and by the calls that made it. Pure. */
import type { ShownFrame } from '../model.ts'
import { kinds } from './kinds.ts'
import { bestFrame } from './stacks.ts'

/** Where Node makes a timer, for whoever asked for one. */
const timersOfNode = /^node:(internal\/)?timers$/
/** `setTimeout` of sockets, HTTP/2 sessions and their streams: nobody gets the timer to clear. */
const idle = /^(?:(.+)\.)?setStreamTimeout$/

const objectOf = (type: string): string =>
  /Session/.test(type) ? 'session' : /Stream/.test(type) ? 'stream' : 'socket'

/** @param inner the runtime's frames below the call of somebody else */
function releaseOfTimer(release: string | null, inner: readonly ShownFrame[]): string | null {
  const asked = inner.find(({ file }) => !timersOfNode.test(file))
  if (!asked) return release
  const type = idle.exec(asked.function)
  if (type) return `setTimeout(0) on the ${objectOf(type[1] ?? '')} or its destroy()`
  return asked.file === 'node:timers/promises' ? 'abort() of its signal' : null
}

export function releaseOf(kind: string, frames: readonly ShownFrame[]): string | null {
  const release = kinds[kind]?.release ?? null
  const at = bestFrame(frames)
  if (at === null) return release
  // What the runtime made for itself nobody else can let go of.
  if (frames[at]?.part === 'runtime') return null
  const called = frames.findIndex(({ part }) => part !== 'runtime')
  return kind === 'timeout' || kind === 'interval' ? releaseOfTimer(release, frames.slice(0, called)) : release
}
