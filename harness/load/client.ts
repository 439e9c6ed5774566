/**
 * One of autocannon's clients, each of whose requests is followed to its end. What autocannon keeps from one connection to the
 * next is put right here: half an answer in its parser, requests that got none in its queue, and the request that it sends
 * into the void after an answer which closes its connection.
 */
import type { Socket } from 'node:net'
import type autocannon from 'autocannon'
import type { Outcome } from './counts.ts'

/**
 * What is not in its types: there a time limit is in seconds, and one at least; and told to stop, it hangs up on what is
 * under way. harness/load/load.test.ts sees that all of it works.
 */
type Internals = {
  timeout: number
  responseMax: number
  reqsMade: number
  conn: Socket
  /** http-parser-js */
  parser: { initialize(type: 'RESPONSE'): void; finish(): void }
  pipelinedRequests: { clear(): void }
  on(event: 'request' | 'timeout', listener: () => void): void
  on(event: 'connError', listener: (error: NodeJS.ErrnoException) => void): void
}

export type LoadClient = {
  /** The request under way is its last. */
  stop(): void
  /** It has ended: a request that is still open gets no answer any more. */
  close(): void
}

/** @param on what is told of it: that a request was sent, how long its answer took, and what became of each */
export function followClient(
  made: autocannon.Client,
  { timeoutMs, hangsUp }: { timeoutMs: number; hangsUp: boolean },
  on: { sent(): void; answered(ms: number): void; ended(outcome: Outcome): void },
): LoadClient {
  const client = made as unknown as Internals
  client.timeout = timeoutMs
  const late: Outcome = hangsUp ? { hungUp: true } : { failure: `no answer within ${timeoutMs / 1000} s` }
  let connection: Socket | null = null
  /** A request is under way, since then. */
  let open = false
  let sentAt = 0
  /** One that the next took the place of, before anything was heard of it. */
  let lost = false
  /** The answer closes its connection: what is sent on it now gets nowhere, and is sent again on the next. */
  let closes = false
  let stopped = false
  const end = (outcome: Outcome) => {
    open = false
    on.ended(outcome)
  }
  const lose = () => {
    if (lost) on.ended(UNANSWERED)
    lost = false
  }
  const connected = () => {
    connection = client.conn
    closes = false
    client.parser.initialize('RESPONSE')
    // An answer without a length ends with its connection.
    connection.prependOnceListener('end', () => {
      closes = true
      client.parser.finish()
    })
  }
  client.on('request', () => {
    if (client.conn !== connection) connected()
    client.pipelinedRequests.clear()
    if (closes) {
      // A server that reads on would answer it, and nobody hear it.
      client.conn.write = () => true
      if (!stopped) client.responseMax++
      return
    }
    if (open) {
      lost = true
      // A time limit says so only after the next request was sent, and at once.
      queueMicrotask(lose)
    }
    open = true
    sentAt = performance.now()
    on.sent()
  })
  made.on('headers', (answer) => {
    closes = (answer as { shouldKeepAlive?: boolean }).shouldKeepAlive === false
  })
  made.on('response', (status) => {
    on.answered(performance.now() - sentAt)
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
      stopped = true
      client.responseMax = Math.max(1, client.reqsMade)
    },
    close() {
      if (open) end(UNANSWERED)
    },
  }
}
const UNANSWERED: Outcome = { failure: 'closed without an answer' }
