// libuv handles by type, also unref'd ones, from Node's diagnostic report: the only public place that has them.
import { liveWorkers } from './workers.js'

// Each object is counted in one row: sockets and pipes are the kernel's, timers have their own row, `loop` is no handle.
const elsewhere = new Set(['tcp', 'udp', 'pipe', 'timer', 'loop'])

/** A report interrupts every worker and waits for it: 4 to 6 ms each. */
const MOST_WORKERS = 20

/** @returns {{ byType: Record<string, number> } | { unread: string }} */
export function readHandles() {
  if (liveWorkers() > MOST_WORKERS) return { unread: `a report would stop each of over ${MOST_WORKERS} workers` }
  // Node's types do not know excludeNetwork, which came with 22.0 and 20.13.
  const report = /** @type {NodeJS.ProcessReport & { excludeNetwork: boolean }} */ (process.report)
  const { excludeNetwork } = report
  report.excludeNetwork = true // otherwise it resolves the name of every peer
  try {
    // Only these fields: a report holds the environment too.
    const { libuv } = /** @type {{ libuv: { type: string }[] }} */ (/** @type {unknown} */ (report.getReport()))
    /** @type {Record<string, number>} */
    const byType = {}
    for (const { type } of libuv) if (!elsewhere.has(type)) byType[type] = (byType[type] ?? 0) + 1
    return { byType }
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}
