/** The sampler: timeline samples several times a second while cycles run, and full checkpoints between batches. */
import type { StartedEtcd } from '../dcs/started.ts'
import type { CheckpointLine, Limit, Plan, Readings } from '../model.ts'
import type { Family } from '../processes/family.ts'
import { procLacks } from '../processes/proc.ts'
import { openTimeline, type Readable, readKernel } from './kernel.ts'
import { openServerView, type Reset } from './server.ts'
import type { InnerReading, Target } from './target.ts'

export const SAMPLE_EVERY_MS = 250
const V8_HEAP = { resource: 'heap', source: "V8's heap limit" } as const

/** Says which guard a reading has passed, or null. Threads count from the start, memory as it stands. */
export function guardPassed(guards: Plan['guards'], start: Readings, now: Readings): string | null {
  const threads = (now.threads ?? 0) - (start.threads ?? 0)
  if (threads > guards.threads) return `threads grew by ${threads}, over the guard of ${guards.threads}`
  const rss = now.rss ?? 0
  const mb = (bytes: number) => `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MB`
  return rss > guards.memory ? `resident memory reached ${mb(rss)}, over the guard of ${mb(guards.memory)}` : null
}

/** Calls `onSample` several times a second until stopped. */
export function startTimeline(of: Readable, onSample: (readings: Readings) => void): { stop(): void } {
  const timeline = procLacks ? null : openTimeline(of)
  if (!timeline) return { stop() {} }
  const timer = setInterval(() => {
    const readings = timeline.read()
    if (readings) onSample(readings)
  }, SAMPLE_EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      timeline.close()
    },
  }
}

/** What a checkpoint has of the three views; the rest of its line is the loop's. */
export type FullReading = Pick<
  CheckpointLine,
  'readings' | 'unread' | 'detail' | 'processes' | 'collected' | 'tookMs'
> & {
  /** What became of the server since the last reading, where something did. */
  reset: Reset | null
}

/** Resident memory that V8 knows nothing of, of a Node target: what native code allocates, WebAssembly, the heaps of Workers. */
function nativeOf(resident: number | null, { v8Memory }: InnerReading): Readings {
  return v8Memory === null ? {} : { native: resident === null ? null : resident - v8Memory }
}

/** A closing reading makes a full collection first and looks up the peers of sockets. */
type ReadOptions = { closing: boolean; collect?: boolean }
export type Sampler = {
  read(options?: ReadOptions): Promise<FullReading>
  /** Where V8 gives up, of a Node target that was read. */
  heapLimit(): Limit[]
}

/**
 * Opens the three views. The server is read now, before the run, so that it can be compared.
 * @param how judgesPss: it may fail the run, and is read at every checkpoint; family: with whom it is added up
 */
export async function openSampler(
  target: Target,
  etcd: StartedEtcd | null,
  { judgesPss, family }: { judgesPss: boolean; family: Family },
): Promise<Sampler> {
  const server = etcd && (await openServerView(etcd))
  const of = { ...target, family }
  let heapLimit: Limit[] = []
  return {
    heapLimit: () => heapLimit,
    async read({ closing, collect = closing } = { closing: false }) {
      const started = performance.now()
      // A target that runs on has just ended a cycle: the kernel is asked before the next one moves on. One that waits
      // has settled when it has answered, and what the kernel says then belongs to the same moment.
      const atOnce = target.runsOn ? readKernel(of, { withPeers: true }) : null
      const inner = await target.read(collect)
      if (inner.heapLimit !== null) heapLimit = [{ ...V8_HEAP, limit: inner.heapLimit, now: inner.readings.heap ?? 0 }]
      // It takes 2 ms, and of a Node target only what comes after a full collection is judged.
      const lean = inner.heapLimit !== null && !inner.collected && !judgesPss
      const { gone, ownMemory, ...kernel } = atOnce ?? readKernel(of, { withPeers: collect, lean, named: true })
      // It says how it left.
      if (gone) await target.batch(0, 1)
      const etcdNow = await server?.read()
      const states = Object.entries(inner.serverState).map(([name, value]) => [`server.${name}`, value] as const)
      return {
        readings: {
          ...kernel.readings,
          ...nativeOf(ownMemory, inner),
          ...inner.readings,
          ...etcdNow?.readings,
          ...Object.fromEntries(states),
        },
        unread: { ...kernel.unread, ...inner.unread, ...etcdNow?.unread },
        detail: { ...kernel.detail, ...inner.detail },
        ...(kernel.processes && { processes: kernel.processes }),
        collected: inner.collected,
        reset: etcdNow?.reset ?? null,
        tookMs: performance.now() - started,
      }
    },
  }
}
