/** Warm-up: cycles before the first checkpoint, which connect, compile and fill caches, and show the pace. */
import type { Plan } from '../model.ts'
import type { Cycles } from './cycles.ts'
import type { Halt } from './halt.ts'
import type { Pace } from './length.ts'
import type { FullReading } from './sampler.ts'

const LONGEST_MS = 1000
/** At most this share of the planned cycles. */
const SHARE = 1 / 100

/** Batches of 1, 2, 4, 8 … cycles; the last one tells the pace. */
export async function warmUp({
  plan,
  cycles,
  halt,
  read,
  before,
}: {
  plan: Plan
  cycles: Cycles
  halt: Halt
  read: () => Promise<FullReading>
  /** The reading before the first cycle. */
  before: FullReading
}): Promise<Pace> {
  const most = plan.warmup ?? Math.max(1, Math.floor((plan.length.cycles ?? Infinity) * SHARE))
  const until = plan.warmup === null ? performance.now() + LONGEST_MS : Infinity
  let pace: Pace = { msPerCycle: 1, msPerCheckpoint: before.tookMs, threadsPerCycle: 0, memoryPerCycle: 0 }
  let last = before
  for (let size = 1; cycles.done < most && performance.now() < until && !halt.halted; size *= 2) {
    const count = Math.min(size, most - cycles.done)
    const { msPerCycle } = await cycles.batch(count)
    const now = await read()
    const grown = (name: string) => Math.max(0, ((now.readings[name] ?? 0) - (last.readings[name] ?? 0)) / count)
    pace = { msPerCycle, msPerCheckpoint: now.tookMs, threadsPerCycle: grown('threads'), memoryPerCycle: grown('rss') }
    last = now
  }
  return pace
}
