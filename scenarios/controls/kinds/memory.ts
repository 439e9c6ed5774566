import { setTimeout as wait } from 'node:timers/promises'
import type { Kind } from '../twin.ts'

const every = Number(process.env.HOLDWATER_LEAK_EVERY ?? 1)
/** Memory is measured in the last part of a run, and is noisy: more cycles. */
const longer = { cycles: 2000 * every } as const
const KB = 1024
/**
 * What is released late is let go of so many cycles after its own, as caches and pools do, and the last of it by a sweep once no cycle came for a while. By time
 * alone there would be the more of it the faster the machine is just then, which is noise of 100 kB.
 */
const LATE_CYCLES = 200
const IDLE_MS = 300
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

const late: Buffer[] = []
let idle: NodeJS.Timeout | undefined
const letGo = (kept: number) => {
  while (late.length > kept) held.delete(late.shift())
}

export const externalLate: Kind<undefined, Buffer> = {
  what: 'a buffer of 1 kB, held for 200 cycles',
  shows: ['external'],
  async open() {
    const opened = Buffer.alloc(KB, 1)
    held.add(opened)
    // At a pace at which a run is much longer than what it holds for a while.
    await wait(1)
    return opened
  },
  close(opened) {
    late.push(opened)
    letGo(LATE_CYCLES)
    clearTimeout(idle)
    idle = setTimeout(letGo, IDLE_MS, 0)
  },
  teardown: () => clearTimeout(idle),
  cycles: 6000 * every,
}
