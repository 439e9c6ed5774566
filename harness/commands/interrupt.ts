/** What Ctrl-C does. */
import type { Screen } from './screen.ts'

export const INTERRUPTED = 130

/** The first Ctrl-C stops at the next checkpoint and judges; the second aborts, and the warden cleans up. */
export function onInterrupt(screen: Screen): { signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort()
    screen.say('  stopping at the next checkpoint; press Ctrl-C again to abort at once')
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return { signal: controller.signal, [Symbol.dispose]: () => process.off('SIGINT', stop).off('SIGTERM', stop) }
}
