/**
 * A drain: what is released with a fixed delay (a lease's time to live, a socket's time limit) is given time to return before
 * anything is called a leak, or clean. Polls until it has, then takes the checkpoints the judge rests on. A run in which nothing
 * is up does not come here.
 */
import { setTimeout } from 'node:timers/promises'
import type { Raised } from '../model.ts'
import type { FullReading } from './sampler.ts'

const FIRST_POLL_MS = 50
const LONGEST_POLL_MS = 500
const CHECKPOINTS = 5
/** What still falls is waited for, so long at most. */
const MOST_MS = 30_000
/** What has not fallen for so long has come to rest. */
const STILL_MS = 2000

/** How long what is up is waited for in any case, ms: what only comes to rest, until nothing falls. */
export const waitsFor = (raised: readonly Raised[], rests: boolean, drainForMs: number): number =>
  !rests && raised.some(({ isLeak }) => isLeak) ? drainForMs : 0

export type Drain = {
  raised: readonly Raised[]
  /** How long it is waited for in any case, ms; else until nothing falls. */
  leastMs: number
  read: (options: { closing: boolean }) => Promise<FullReading>
  record: (reading: FullReading) => void
  aborted: () => boolean
  clock?: { now(): number; wait(ms: number): Promise<unknown> }
}

const realClock = { now: () => performance.now(), wait: (ms: number) => setTimeout(ms) }

/** Resolves when all is back, or nothing falls any more, and was read. */
export async function drain({ raised, leastMs, read, record, aborted, clock = realClock }: Drain): Promise<void> {
  const lowest = new Map<string, number>()
  const from = clock.now()
  let fellMs = 0
  for (let pause = FIRST_POLL_MS; !aborted(); pause = Math.min(2 * pause, LONGEST_POLL_MS)) {
    const { readings } = await read({ closing: true })
    const took = clock.now() - from
    const fell = raised.filter(({ name }) => (readings[name] ?? Infinity) < (lowest.get(name) ?? Infinity))
    if (fell.length > 0 && lowest.size > 0) fellMs = took
    for (const { name } of fell) lowest.set(name, readings[name] as number)
    const isBack = raised.every(({ name, level }) => (readings[name] ?? Infinity) <= level)
    const isLate = took >= leastMs && (took >= MOST_MS || took - fellMs >= STILL_MS)
    if (isBack || isLate) break
    await clock.wait(pause)
  }
  for (let i = 0; i < CHECKPOINTS && !aborted(); i++) record(await read({ closing: true }))
}
