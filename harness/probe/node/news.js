// Which of the cycles that failed there is news of: the first ones, and of every kind the first. However many kinds there
// are, there is an end to it; but what a limit has refused is news the first time, whatever came before.
const MOST = 20
const MOST_KINDS = 50
const refused = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY'])
/** @param {string} kind of what nobody caught, that is said before its code */
const isRefused = (kind) => refused.has(kind.slice(kind.lastIndexOf(' ') + 1))

const NO_MORE = `from here on failed cycles are counted, and told only where the code of their error is new, up to ${MOST_KINDS} codes`

/** @typedef {{ message: string, stack: string }} Told */
/** @returns {(kind: string, say: () => Told) => Told | null} what to tell of a failure, if anything */
export function openNews() {
  let told = 0
  let closed = false
  /** @type {Set<string>} */
  const kinds = new Set()
  return (kind, say) => {
    const isNew = !kinds.has(kind) && kinds.size < (isRefused(kind) ? 2 : 1) * MOST_KINDS
    if (isNew) kinds.add(kind)
    if (told < MOST || isNew) {
      told++
      return say()
    }
    if (closed) return null
    closed = true
    return { message: NO_MORE, stack: '' }
  }
}
