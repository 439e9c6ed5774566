/** Warm-up: cycles before the first checkpoint, which connect, compile and fill caches, and show the pace. */
import type { Plan } from '../model.ts'
import type { Cycles } from './cycles.ts'
import type { Halt } from './halt.ts'
import { grownPerCycle, type Pace } from './length.ts'
import type { FullReading } from './sampler.ts'

const LONGEST_MS = 1000
/** At most this share of the planned cycles. */
const SHARE = 1 / 100
/** Enough to see a pace and what grows. */
const SHORT_CYCLES = 3

/** Batches of 1, 2, 4, 8 … cycles; the last one tells the pace. */
export async function warmUp({
  plan,
  cycles,
  halt,
  read,
  before,
  short,
}: {
  plan: Plan
  cycles: Cycles
  halt: Halt
  read: () => Promise<FullReading>
  /** The reading before the first cycle. */
  before: FullReading
  /** A limit is near, and what comes before it is wanted. */
  short: boolean
}): Promise<Pace> {
  const most = plan.warmup ?? (short ? SHORT_CYCLES : Math.max(1, Math.floor((plan.length.cycles ?? Infinity) * SHARE)))
  const until = plan.warmup === null ? performance.now() + LONGEST_MS : Infinity
  let pace: Pace = { msPerCycle: 1, msPerCheckpoint: before.tookMs, growth: { threads: 0, fds: 0, memory: 0 } }
  let last = before
  for (let size = 1; cycles.done < most && performance.now() < until && !halt.halted; size *= 2) {
    const count = Math.min(size, most - cycles.done)
    const { msPerCycle } = await cycles.batch(count)
    const now = await read()
    pace = { msPerCycle, msPerCheckpoint: now.tookMs, growth: grownPerCycle(last, now, count) }
    last = now
  }
  return pace
}
