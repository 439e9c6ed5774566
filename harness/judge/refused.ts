/** What leaks until a server refuses it: a run that failures ended, and the one in small steps that stops before them. Pure. */
import { isCommand, type Recording, type RunVerdict } from '../model.ts'
import { isOfProcess } from './processes.ts'

/** Fewer cycles show no growth. */
const LEAST_CYCLES = 8
/** It stops before the one that failed. */
const BEFORE = 0.9

/**
 * How many cycles worked before failures ended a run, where one of as many in small steps may say why: what leaks meets the limit of a server, or of
 * a pool, and from there on every cycle fails or waits for ever. Null where that is not to be known, or too few did.
 */
export function refusedAfter({ reasonCode }: RunVerdict, { header: { plan }, end, faults }: Recording): number | null {
  if (reasonCode !== 'failed-cycles' && reasonCode !== 'cycle-timeout') return null
  if (end === null || isCommand(plan) || plan.load !== null || faults.length > 0) return null
  const worked = Math.floor(BEFORE * (end.cycles - end.failed))
  return worked >= LEAST_CYCLES ? worked : null
}

/**
 * The verdict of a run that failures ended, and of the one in small steps that stopped before them: a leak, unless the first had seen enough to know better,
 * or nobody is accused.
 */
export function concludeRefused(first: RunVerdict, second: RunVerdict): RunVerdict {
  const before = first.resources.find(({ name }) => name === second.because)
  // A row of a single process is there only where it leaks.
  const isClean = before ? before.verdict === 'clean' : second.because !== null && isOfProcess(second.because)
  const isSure = second.confirmed === true || !isClean
  return second.verdict === 'leaking' && second.because !== null && isSure
    ? { ...second, reasonCode: 'grows-until-refused', confirmed: true }
    : first
}
