// Which of the cycles that failed there is news of: the first ones, and of every kind the first, however many came before.
const MOST = 20
const MOST_KINDS = 50

/** @returns {(kind: string) => boolean} */
export function openNews() {
  let told = 0
  /** @type {Set<string>} */
  const kinds = new Set()
  return (kind) => {
    if (told >= MOST && kinds.has(kind)) return false
    if (kinds.size < MOST_KINDS) kinds.add(kind)
    told++
    return true
  }
}
