/** A Node target: the scenario's own process runs the cycles and reads itself. */
import type { Plan } from '../model.ts'
import type { ScenarioProcess } from './scenario-process.ts'
import type { InnerLedger, Target } from './target.ts'

/** The channel to the probe: descriptor 3 of the process, a unix socket. */
const CHANNEL_FD = 3
/** A drain hook, settling and the readings, together. */
export const READ_WITHIN_MS = 60_000
/** How long after `cycleTimeout` a target that says nothing is given up: it has a second to stop by itself. */
export const SILENCE_MS = 2500

/** @param pace cycles per second at most, where the way to the etcd bears no more */
export function nodeTarget(
  process: ScenarioProcess,
  {
    concurrency,
    cycleTimeoutMs,
    pace,
    keepsLedger,
  }: Pick<Plan, 'concurrency' | 'cycleTimeoutMs'> & { pace: number | null; keepsLedger: boolean },
): Target {
  const leastMs = pace === null ? 0 : 1000 / pace
  return {
    pid: process.pid,
    ended: process.ended,
    lastWords: process.lastWords,
    channelFd: CHANNEL_FD,
    runsOn: false,
    batch: (from, count, paceMs = 0) =>
      process.ask({ ask: 'batch', from, count, concurrency, cycleTimeoutMs, leastMs: Math.max(leastMs, paceMs) }),
    read: (collect) => process.ask({ ask: 'read', collect }, READ_WITHIN_MS),
    ledger: keepsLedger ? () => readLedger(process) : null,
    stop: process.stop,
    silence: (cycle) => ({
      afterMs: cycleTimeoutMs + SILENCE_MS,
      ending: 'cycle-timeout',
      text: `cycle ${cycle} kept the event loop for over ${cycleTimeoutMs / 1000} s`,
    }),
    stderrTail: process.stderrTail,
    refused: process.refused,
    [Symbol.asyncDispose]: process[Symbol.asyncDispose],
  }
}

async function readLedger(process: ScenarioProcess): Promise<InnerLedger> {
  const { stacks, ...rest } = await process.ask({ ask: 'read-ledger' }, READ_WITHIN_MS)
  return { ...rest, stacks: stacks.map((stack) => ({ ...stack, language: 'javascript' })) }
}
