// What a handler of the scenario's own took last: where the process exits soon after, that is why.

/** A handler that writes its last words before it exits takes no longer than this, ms. */
const SOON_MS = 5000

/** @param {() => number} now ms */
export function openHandled(now = () => performance.now()) {
  /** @type {{ text: string, at: number } | null} */
  let last = null
  return {
    /** @param {string} text */
    took(text) {
      last = { text, at: now() }
    },
    /** What was taken just now; null where that is long ago. @returns {string | null} */
    lately: () => (last !== null && now() - last.at <= SOON_MS ? last.text : null),
  }
}
