/** The process of the load: autocannon sends as many requests as it is told, and each is timed and counted. */
import autocannon from 'autocannon'
import { messageOf } from '../errors.ts'
import type { Loaded } from '../model.ts'
import { openNews } from '../probe/node/news.js'
import { followClient, type LoadClient } from './client.ts'
import { type Outcome, openCounts } from './counts.ts'

export type Requests = {
  url: string
  method: string
  headers: Record<string, string>
  body: string | null
  connections: number
  /** How long a request may take. */
  timeoutMs: number
  /** When clients hang up; null: they wait. */
  hangUpAfterMs: number | null
}
type Batch = { from: number; count: number; leastMs: number }
export type LoadAsk =
  | { ask: 'open'; requests: Requests }
  /** `leastMs`: what a request takes at least, on average, with the wait after it; 0: no wait. */
  | ({ ask: 'batch' } & Batch)
  /** What comes from now on counts towards the total. */
  | { ask: 'begin' }
  /** Ends the batch when what is under way has ended. */
  | { ask: 'stop' }
export type LoadTell =
  | { tells: 'done'; cycles: number; failed: number; batchMs: number; loaded: Loaded; total: Loaded }
  | { tells: 'broken'; message: string }
  | { tells: 'progress'; cycles: number; failed: number }
  | { tells: 'failed-cycle'; index: number; message: string }

/** How often autocannon looks whether it is over. */
const LOOKS_EVERY_MS = 10
const PROGRESS_EVERY_MS = 250
/** Requests that are paced are sent in slices of so long. */
const SLICE_MS = 200

const tell = (message: LoadTell) => void (process.connected && process.send?.(message))

let requests: Requests
const [batch, total] = [openCounts(), openCounts()]
/** Ends what is under way. */
let stop = () => {}
let stopped = false
const newsOf = openNews()

/** So many requests, as fast as their answers come. @throws what autocannon says of its options */
async function send(count: number, follow: (client: autocannon.Client) => LoadClient): Promise<void> {
  const { url, method, headers, body, connections } = requests
  const clients: LoadClient[] = []
  stop = () => {
    for (const client of clients) client.stop()
  }
  const options = {
    url,
    method: method as NonNullable<autocannon.Options['method']>,
    headers,
    ...(body === null ? {} : { body }),
    connections: Math.min(connections, count),
    amount: count,
    sampleInt: LOOKS_EVERY_MS,
    setupClient: (client: autocannon.Client) => void clients.push(follow(client)),
  }
  await new Promise<void>((resolve, reject) => {
    autocannon(options, (error) => (error ? reject(error) : resolve()))
  })
  for (const client of clients) client.close()
}

async function runBatch({ from, count, leastMs }: Batch): Promise<LoadTell> {
  const { timeoutMs, hangUpAfterMs } = requests
  const how = { timeoutMs: hangUpAfterMs ?? timeoutMs, hangsUp: hangUpAfterMs !== null }
  batch.clear()
  stopped = false
  /** From the first request to the end of the last. */
  let [sent, started, last] = [0, Number.NaN, Number.NaN]
  const on = {
    sent() {
      if (sent++ === 0) started = performance.now()
    },
    answered(ms: number) {
      for (const counts of [batch, total]) counts.time(ms)
    },
    ended(outcome: Outcome) {
      last = performance.now()
      if ('failure' in outcome) {
        const { failure } = outcome
        const message = `${failure} (${requests.method} ${requests.url})`
        const told = newsOf(failure, () => ({ message, stack: '' }))
        if (told !== null) tell({ tells: 'failed-cycle', index: from + batch.requests, message: told.message })
      }
      for (const counts of [batch, total]) counts.add(outcome)
    },
  }
  const soFar = () => ({ cycles: batch.requests, failed: batch.failed })
  const progress = setInterval(() => tell({ tells: 'progress', ...soFar() }), PROGRESS_EVERY_MS)
  // autocannon's own rate sends what a second may have at its beginning, and breaks connections that wait for the next.
  const slice = leastMs > 0 ? Math.max(1, Math.round(SLICE_MS / leastMs)) : count
  try {
    for (let left = count; left > 0 && !stopped; left -= slice) {
      await send(Math.min(slice, left), (client) => followClient(client, how, on))
      const due = started + leastMs * sent - performance.now()
      if (due <= 0 || stopped) continue
      await pause(due)
      last = performance.now()
    }
  } finally {
    clearInterval(progress)
    stop = () => {}
  }
  const batchMs = sent === 0 ? 0 : last - started
  return { tells: 'done', ...soFar(), batchMs, loaded: batch.loaded(), total: total.loaded() }
}

/** Until the next requests are due, or it is stopped. */
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop = () => {
      clearTimeout(timer)
      resolve()
    }
  })

process.on('message', async (ask: LoadAsk) => {
  if (ask.ask === 'open') requests = ask.requests
  else if (ask.ask === 'begin') total.clear()
  else if (ask.ask === 'stop') {
    stopped = true
    stop()
  } else
    try {
      tell(await runBatch(ask))
    } catch (error) {
      tell({ tells: 'broken', message: messageOf(error) })
    }
})
process.on('disconnect', () => process.exit())
