/** After its teardown a target has nothing left to do: does it let go of its process? */
import { setTimeout as wait } from 'node:timers/promises'
import { TargetError } from '../errors.ts'
import type { ExitLine } from '../model.ts'
import type { ScenarioProcess } from './scenario-process.ts'

const ANSWER_WITHIN_MS = 2000

/** @param withinMs how long it may take to leave by itself */
export async function watchExit(process: ScenarioProcess, withinMs: number): Promise<ExitLine> {
  const from = performance.now()
  const abort = new AbortController()
  const left = await Promise.race([
    process.ended.then(() => true),
    wait(withinMs, false, { signal: abort.signal }).catch(() => false),
  ])
  abort.abort()
  const ms = Math.round(performance.now() - from)
  if (left) return { line: 'exit', left: true, ms, holding: [] }
  try {
    const { holding } = await process.ask({ ask: 'holding' }, ANSWER_WITHIN_MS)
    return { line: 'exit', left: false, ms, holding }
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    // No answer in time: it does not come back to its event loop.
    const loop = { what: 'code that keeps its event loop', count: 1, at: null }
    return { line: 'exit', left: false, ms, holding: error.scenarioStack === null ? [loop] : [] }
  }
}
