/** A server under load: its process is the target, and a cycle is a request that another process sends. */
import { setTimeout as wait } from 'node:timers/promises'
import { TargetError } from '../errors.ts'
import type { Load } from '../load/load.ts'
import { countSockets } from './descriptors.ts'
import { told } from './last-words.ts'
import { SILENCE_MS } from './node-target.ts'
import type { Target } from './target.ts'

/** What a server without a probe is given to close the connections of a batch. */
const PATIENCE_MS = 500
const LOOKS_EVERY_MS = 2

export type UnderLoad = {
  load: Load
  /** What a request takes at least, on average. */
  leastMs: number
  cycleTimeoutMs: number
  /** Where it has no probe, which would do so inside. */
  settlesOutside: boolean
}

/** The server itself, but for what runs its cycles. */
export function underLoad(server: Target, { load, leastMs, cycleTimeoutMs, settlesOutside }: UnderLoad): Target {
  const { ahead: _, ...rest } = server
  const left = server.ended.then(async (exit): Promise<never> => {
    throw new TargetError('batch', `the server ${(await server.lastWords) ?? told(exit)}`)
  })
  left.catch(() => {})
  // The first reading comes before the first request.
  let level = Infinity
  /** Until it holds no more connections than before, or as many as it will. */
  async function settle(): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    let now = countSockets(server.pid) ?? 0
    while (now > level && performance.now() < until) {
      await wait(LOOKS_EVERY_MS)
      now = countSockets(server.pid) ?? 0
    }
    level = now
  }
  return {
    ...rest,
    runsOn: false,
    async batch(from, count, paceMs = 0) {
      const { loaded, total, ...ran } = await Promise.race([left, load.batch(from, count, Math.max(leastMs, paceMs))])
      return { ...ran, load: { ...loaded, total } }
    },
    begin: load.begin,
    stop: load.stop,
    async read(collect) {
      if (settlesOutside) await settle()
      return server.read(collect)
    },
    silence: () => ({
      afterMs: cycleTimeoutMs + SILENCE_MS,
      ending: 'cycle-timeout',
      text: 'the process that sends the requests says nothing',
    }),
    async [Symbol.asyncDispose]() {
      await load[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
