/** A fault in a run, and the cycles that run under it. */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Faults } from '../dcs/faults.ts'
import { messageOf, TargetError } from '../errors.ts'
import type { Halt } from '../loop/halt.ts'
import type { EventLine, Fault, FaultLine, Plan } from '../model.ts'
import type { Cycles } from './cycles.ts'
import type { Target } from './target.ts'

/** A client may take some tries to find its server again: so long do failures count as the fault's. */
const RECOVERS_WITHIN_MS = 10_000

/** 0 to 1, the same for the same seed. */
export const draw = (seed: number, nth: number): number =>
  createHash('sha256').update(`${seed}/${nth}`).digest().readUInt32BE() / 2 ** 32

export type FaultRun = {
  plan: Pick<Plan, 'seed'>
  faults: Faults
  cycles: Cycles
  target: Target
  halt: Halt
  event: (kind: EventLine['kind'], text: string) => void
  ms: () => number
  /** What is left of the planned length: no fault outlasts it. */
  left: { cycles: number; ms: number }
}

const POLL_MS = 50

/** Resolves when something is so, or is no longer asked for. */
async function until(isSo: () => boolean, { signal }: { signal: AbortSignal }): Promise<void> {
  while (!isSo() && !signal.aborted) await wait(POLL_MS, null, { ref: false })
}

/**
 * Runs cycles under a fault, as fast as they run without, and on until one has worked again.
 * @param nth its number, for what the seed draws
 * @returns null where its cycles were over before it began
 * @throws TargetError when the target leaves
 */
export async function underFault(fault: Fault, nth: number, paceMs: number, run: FaultRun): Promise<FaultLine | null> {
  const { cycles, target, halt, event, ms, left } = run
  const moment = () => ({ ms: ms(), cycles: cycles.done, failed: cycles.failed })
  const inflicted = run.faults.inflict(fault)
  const from = moment()
  const lasts = Math.min(fault.forMs ?? Infinity, left.ms)
  const is = { begun: false, over: false }
  const begin = async () => {
    is.begun = true
    cycles.fault(inflicted.text)
    event('fault', inflicted.text)
    await inflicted.begin()
  }
  const lift = async () => {
    if (!is.begun || is.over) return
    is.over = true
    await inflicted.end()
    event('fault', 'over')
    cycles.lifted()
  }
  let ran: Promise<unknown> = Promise.resolve()
  const over = new AbortController()
  try {
    if (fault.withinMs === 0) await begin()
    const batch = cycles.batch(Math.min(fault.cycles ?? Infinity, left.cycles, Number.MAX_SAFE_INTEGER), paceMs)
    ran = batch.catch(() => {})
    // What waits for etcd without end, or for Ctrl-C, is not kept waiting by a fault that counts cycles.
    const freed = until(() => halt.halted !== null || (fault.forMs === null && cycles.hung !== null), over)
    try {
      // Later than its cycle takes it would reach nobody.
      const moment = draw(run.plan.seed, nth) * Math.min(fault.withinMs, paceMs)
      const isOver = () => false
      const inTime =
        is.begun || (await Promise.race([wait(moment, true, { ref: false }), ran.then(isOver), freed.then(isOver)]))
      if (inTime && !is.begun) await begin()
      const late = Number.isFinite(lasts) ? [wait(lasts, null, { ref: false })] : []
      if (inTime) await Promise.race([ran, freed, ...late])
    } finally {
      // What waits goes on as soon as it can: told before, it begins nothing more, which would count as under the fault.
      if (cycles.hung !== null) target.stop()
      await lift()
      target.stop()
    }
    await batch
    const lifted = moment()
    if (!is.begun) return null
    await recover(run, paceMs)
    return { line: 'fault', do: fault.do, from, lifted, to: moment() }
  } catch (error) {
    if (error instanceof TargetError) throw error
    const text = `${inflicted.text}: ${messageOf(error)}`
    halt.now('fault-failed', text, { hard: true })
    await ran
    throw new TargetError('batch', text)
  } finally {
    over.abort()
    cycles.fault(null)
  }
}

async function recover({ cycles, halt, event }: FaultRun, paceMs: number): Promise<void> {
  for (const until = performance.now() + RECOVERS_WITHIN_MS; !halt.halted; ) {
    const before = cycles.failed
    await cycles.batch(1, paceMs)
    if (cycles.failed === before) return
    if (performance.now() < until) continue
    event('fault', `no cycle has worked within ${RECOVERS_WITHIN_MS / 1000} s after it`)
    return
  }
}
