// What keeps a process from leaving: why-is-node-running's listing, grouped, where it was there from the start; else what
// Node itself lists, without a place.

/** @typedef {{ what: string, count: number, at: string | null }} Holding */
/** @type {((logger: { error(text: string): void }) => void) | undefined} */
let whyIsNodeRunning

/** Only in a run that explains: it captures a stack for everything. */
export async function watchHolding() {
  whyIsNodeRunning = (await import('why-is-node-running')).default
}

function listedWithPlaces() {
  try {
    return whyIsNodeRunning ? listed(whyIsNodeRunning) : null
  } catch {
    // It cannot tell the place of code that came from no file.
    return null
  }
}

/** @returns {Holding[]} the most first */
export function readHolding() {
  const kept = listedWithPlaces() ?? process.getActiveResourcesInfo().map((what) => ({ what, at: null }))
  /** @type {Map<string, Holding>} */
  const groups = new Map()
  for (const { what, at } of kept) {
    const key = `${what} ${at}`
    const group = groups.get(key)
    if (group) group.count++
    else groups.set(key, { what, count: 1, at })
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}

/**
 * `# Timeout`, then a line a frame: `src/a.js:12 - setInterval(…)`. The first that is not a package's is the place.
 * @param {NonNullable<typeof whyIsNodeRunning>} list
 */
function listed(list) {
  /** @type {{ what: string, frames: string[] }[]} */
  const found = []
  list({
    error(text) {
      if (text.startsWith('# ')) found.push({ what: text.slice(2), frames: [] })
      else if (text !== '') found.at(-1)?.frames.push(text.replace(/\s+ - /, ' - '))
    },
  })
  return found.filter(({ what }) => !holdNothing.has(what)).map(({ what, frames }) => ({ what, at: placeOf(frames) }))
}

/** What it lists because they cannot be asked, and keep no process. */
const holdNothing = new Set(['TickObject', 'Microtask', 'DNSCHANNEL'])

/** @param {string[]} frames */
function placeOf(frames) {
  const known = frames.filter((frame) => !frame.includes('/probe/node/') && !frame.startsWith('(unknown'))
  return known.find((frame) => !frame.includes('node_modules')) ?? known[0] ?? null
}
