/**
 * The load on a server: autocannon in a process of its own, so that neither holdwater nor the server has its work to do. It
 * is there only for scenarios with `load`.
 */
import { UsageError } from '../errors.ts'
import { startOwn } from '../processes/own.ts'
import { programBeside } from '../processes/program.ts'
import type { Warden } from '../processes/warden.ts'
import type { LoadAsk, LoadTell, Requests } from './load-process.ts'

/** `loaded` is of this batch, `total` of all since the load began to be measured. */
type LoadBatch = Omit<Extract<LoadTell, { tells: 'done' }>, 'tells'>
/** What is told while a batch runs. */
export type LoadNews = Extract<LoadTell, { tells: 'progress' | 'failed-cycle' }>
export type Load = AsyncDisposable & {
  /**
   * Sends `count` requests, or fewer where it is stopped.
   * @param leastMs what a request takes at least, on average
   * @throws UsageError for what autocannon refuses
   */
  batch(from: number, count: number, leastMs: number): Promise<LoadBatch>
  /** The warm-up is over: totals are of what comes from now on. */
  begin(): void
  /** Ends the batch when what is under way has ended. */
  stop(): void
}

const program = programBeside(import.meta.url, 'load-process')

export async function openLoad(
  requests: Requests,
  { warden, onNews }: { warden: Warden; onNews(news: LoadNews): void },
): Promise<Load> {
  // A timer of autocannon's is now and then a millisecond late.
  const flags = ['--disable-warning=TimeoutNegativeWarning']
  const { child, gone, release } = await startOwn(program, 'the process that sends the requests', { warden, flags })
  const say = (ask: LoadAsk) => void (child.connected && child.send(ask))
  let answer: (tell: Exclude<LoadTell, LoadNews>) => void = () => {}
  child.on('message', (message) => {
    const tell = message as LoadTell
    if (tell.tells === 'done' || tell.tells === 'broken') answer(tell)
    else onNews(tell)
  })
  say({ ask: 'open', requests })
  return {
    async batch(from, count, leastMs) {
      const answered = new Promise<Exclude<LoadTell, LoadNews>>((resolve) => {
        answer = resolve
      })
      say({ ask: 'batch', from, count, leastMs })
      const told = await Promise.race([answered, gone])
      if (told.tells === 'broken') throw new UsageError(`autocannon: ${told.message}`)
      const { tells: _, ...batch } = told
      return batch
    },
    begin: () => say({ ask: 'begin' }),
    stop: () => say({ ask: 'stop' }),
    [Symbol.asyncDispose]: release,
  }
}
