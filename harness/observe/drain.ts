/**
 * The final drain: what is released with a fixed delay (a lease's time to live, a socket's time limit) is given time to
 * return before anything is called a leak. Polls until it has, `drainForMs` at most, then takes the checkpoints the
 * judge rests on. A clean run does not come here.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Readings } from '../model.ts'
import type { FullReading } from './sampler.ts'

const FIRST_POLL_MS = 50
const LONGEST_POLL_MS = 500
const CHECKPOINTS = 5

export async function finalDrain({
  levels,
  drainForMs,
  read,
  record,
  aborted,
}: {
  /** What each apparent leak has to come down to, to have returned. */
  levels: Readings
  drainForMs: number
  read: (options: { closing: boolean }) => Promise<FullReading>
  record: (reading: FullReading) => void
  aborted: () => boolean
}): Promise<void> {
  const returned = ({ readings }: FullReading) =>
    Object.entries(levels).every(([name, level]) => (readings[name] ?? Infinity) <= (level ?? 0))
  const deadline = performance.now() + drainForMs
  for (let pause = FIRST_POLL_MS; performance.now() < deadline && !aborted(); pause *= 2) {
    if (returned(await read({ closing: true }))) break
    await wait(Math.min(pause, LONGEST_POLL_MS, Math.max(0, deadline - performance.now())))
  }
  for (let i = 0; i < CHECKPOINTS && !aborted(); i++) record(await read({ closing: true }))
}
