import { setTimeout as wait } from 'node:timers/promises'
import type { Kind } from '../twin.ts'

const every = Number(process.env.HOLDWATER_LEAK_EVERY ?? 1)
/** Memory is measured in the last part of a run, and is noisy: more cycles. */
const longer = { cycles: 2000 * every } as const
const KB = 1024
/** What is released late is let go of so many milliseconds after its cycle, by a sweep as caches and pools have one. */
const LATE_MS = 300
const SWEEP_MS = 20
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

const late: { until: number; opened: Buffer }[] = []
const sweep = () => {
  while ((late[0]?.until ?? Infinity) <= performance.now()) held.delete(late.shift()?.opened)
}

export const externalLate: Kind<NodeJS.Timeout, Buffer> = {
  what: 'a buffer of 1 kB, held for 300 ms',
  shows: ['external'],
  setup: () => setInterval(sweep, SWEEP_MS),
  teardown: ({ fixture }) => clearInterval(fixture),
  async open() {
    const opened = Buffer.alloc(KB, 1)
    held.add(opened)
    // At a pace at which a run is much longer than what it holds for a while.
    await wait(1)
    return opened
  },
  close: (opened) => late.push({ until: performance.now() + LATE_MS, opened }),
  // What is held for a while comes and goes by 100 kB: over fewer cycles that hides a budget of 200 B.
  cycles: 6000 * every,
}
