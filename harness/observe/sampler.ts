/** The sampler: timeline samples several times a second while cycles run, and full checkpoints between batches. */
import type { StartedEtcd } from '../dcs/started.ts'
import type { CheckpointLine, Plan, Readings } from '../model.ts'
import { kernelViewLacks, openTimeline, readKernel } from './kernel.ts'
import { openServerView } from './server.ts'
import type { StartedTarget } from './target.ts'

export const SAMPLE_EVERY_MS = 250
/** A drain hook, settling and the readings, together. */
const READ_WITHIN_MS = 60_000

/** Says which guard a reading has passed, or null. Threads count from the start, memory as it stands. */
export function guardPassed(guards: Plan['guards'], start: Readings, now: Readings): string | null {
  const threads = (now.threads ?? 0) - (start.threads ?? 0)
  if (threads > guards.threads) return `threads grew by ${threads}, over the guard of ${guards.threads}`
  const rss = now.rss ?? 0
  const mb = (bytes: number) => `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MB`
  return rss > guards.memory ? `resident memory reached ${mb(rss)}, over the guard of ${mb(guards.memory)}` : null
}

/** Calls `onSample` several times a second until stopped. */
export function startTimeline(pid: number, onSample: (readings: Readings) => void): { stop(): void } {
  const timeline = kernelViewLacks ? null : openTimeline(pid)
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
export type FullReading = Pick<CheckpointLine, 'readings' | 'unread' | 'detail' | 'collected' | 'tookMs'>

/** A closing reading makes a full collection first and looks up the peers of sockets. */
export type Sampler = { read(options?: { closing: boolean }): Promise<FullReading> }

/** Opens the three views. The server is read now, before the run, so that it can be compared. */
export async function openSampler(target: StartedTarget, etcd: StartedEtcd | null): Promise<Sampler> {
  const server = etcd && (await openServerView(etcd))
  return {
    async read({ closing } = { closing: false }) {
      const started = performance.now()
      const runtime = await target.ask({ ask: 'read', collect: closing }, READ_WITHIN_MS)
      // The target has settled and waits: what the kernel and the server say belongs to the same moment.
      const kernel = readKernel(target.pid, { withPeers: closing })
      const etcdNow = await server?.read()
      const states = Object.entries(runtime.serverState).map(([name, value]) => [`server.${name}`, value] as const)
      return {
        readings: { ...kernel.readings, ...runtime.readings, ...etcdNow?.readings, ...Object.fromEntries(states) },
        unread: { ...kernel.unread, ...runtime.unread, ...etcdNow?.unread },
        detail: { ...kernel.detail, ...runtime.detail },
        collected: runtime.collected,
        tookMs: performance.now() - started,
      }
    },
  }
}
