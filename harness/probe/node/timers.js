// Scheduled timeouts and intervals, also unref'd. No public interface lists them: libuv shows one timer for all, so
// this file walks Node's own lists. It checks itself at start; where Node has moved them it says so and reads nothing.
import { createRequire } from 'node:module'

/** @typedef {{ _idleNext: TimerLink }} TimerLink */

/** @type {Record<string, TimerLink> | undefined} */
let lists

/** @returns {string | null} why timers cannot be read, or null */
export function openTimers() {
  try {
    lists = createRequire(import.meta.url)('internal/timers').timerListMap
    const before = countTimers()
    const probe = setTimeout(() => {}, 86_400_000)
    probe.unref()
    const during = countTimers()
    clearTimeout(probe)
    if (before === null || during !== before + 1 || countTimers() !== before)
      throw new Error('the list did not follow a timer')
    return null
  } catch (error) {
    lists = undefined
    return `this Node keeps its timers elsewhere (${error instanceof Error ? error.message : error})`
  }
}

export function countTimers() {
  if (!lists) return null
  let count = 0
  for (const key in lists) {
    const list = /** @type {TimerLink} */ (lists[key])
    for (let timer = list._idleNext; timer !== list; timer = timer._idleNext) count++
  }
  return count
}
