/** One of autocannon's connections, each of whose requests is followed to its end. */
import type autocannon from 'autocannon'
import type { Outcome } from './counts.ts'

/**
 * What is not in its types: there a time limit is in seconds, and one at least; and told to stop, it hangs up on what is
 * under way. tests/load.test.ts sees both work.
 */
type Internals = {
  timeout: number
  responseMax: number
  reqsMade: number
  on(event: 'request' | 'timeout', listener: () => void): void
  on(event: 'connError', listener: (error: NodeJS.ErrnoException) => void): void
}

export type LoadClient = {
  /** The request under way is its last. */
  stop(): void
  /** It has ended: a request that is still open gets no answer any more. */
  close(): void
}

/** @param on what is told of it: that a request was sent, and what became of each */
export function followClient(
  made: autocannon.Client,
  { timeoutMs, hangsUp }: { timeoutMs: number; hangsUp: boolean },
  on: { sent(): void; answered(ms: number): void; ended(outcome: Outcome): void },
): LoadClient {
  const client = made as unknown as Internals
  client.timeout = timeoutMs
  const late: Outcome = hangsUp ? { hungUp: true } : { failure: `no answer within ${timeoutMs / 1000} s` }
  /** A request is under way. */
  let open = false
  /** One that the next took the place of, before anything was heard of it. */
  let lost = false
  /** The last answer closes its connection, and autocannon sends the next request into the void before it sends it again. */
  let closes = false
  const end = (outcome: Outcome) => {
    open = false
    on.ended(outcome)
  }
  const lose = () => {
    if (lost) on.ended(UNANSWERED)
    lost = false
  }
  client.on('request', () => {
    if (open) {
      lost = true
      // A time limit says so only after the next request was sent, and at once.
      queueMicrotask(lose)
    }
    open = !closes
    if (open) on.sent()
    closes = false
  })
  made.on('headers', (answer) => {
    closes = (answer as { shouldKeepAlive?: boolean }).shouldKeepAlive === false
  })
  made.on('response', (status, _, ms) => {
    on.answered(ms)
    end(status < 400 ? { answered: true } : { failure: `HTTP ${status}` })
  })
  client.on('connError', (error) => {
    if (open) end({ failure: error.code ?? error.message })
  })
  client.on('timeout', () => {
    if (lost) {
      lost = false
      on.ended(late)
    } else if (open) end(late)
  })
  return {
    stop() {
      client.responseMax = Math.max(1, client.reqsMade)
    },
    close() {
      if (open) end(UNANSWERED)
    },
  }
}
const UNANSWERED: Outcome = { failure: 'closed without an answer' }
