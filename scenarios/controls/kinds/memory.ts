import type { Kind } from '../twin.ts'

const every = Number(process.env.HOLDWATER_LEAK_EVERY ?? 1)
/** Memory is measured in the last part of a run, and is noisy: more cycles. */
const longer = { cycles: 2000 * every } as const
const KB = 1024
const held = new Set<unknown>()

export const heap: Kind<undefined, string[]> = {
  what: 'five kB of heap',
  shows: ['heap'],
  open({ index }) {
    const opened = Array.from({ length: 100 }, (_, i) => `string ${index} of ${i}`)
    held.add(opened)
    return opened
  },
  close: (opened) => held.delete(opened),
  ...longer,
}

export const external: Kind<undefined, Buffer> = {
  what: 'a buffer of 16 kB',
  shows: ['external'],
  open() {
    // Not from Node's pool, and written to, so that its pages exist.
    const opened = Buffer.alloc(16 * KB, 1)
    held.add(opened)
    return opened
  },
  close: (opened) => held.delete(opened),
  ...longer,
}
