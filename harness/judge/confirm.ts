/**
 * A leak without overwhelming evidence fails nothing before one more measured run, in a fresh process and with twice the
 * checkpoints, has seen it, too. Pure.
 */
import { isCommand, type Recording, type ResourceVerdict, type RunVerdict } from '../model.ts'

export const needsConfirmation = ({ verdict, confirmed }: RunVerdict): boolean => verdict === 'leaking' && !confirmed

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

const leaks = ({ verdict, level, accepted }: ResourceVerdict) => verdict === 'leaking' && level === 'error' && !accepted

/**
 * The verdict of a run that failures ended, and of the one in small steps that stopped before them: a leak, unless the first had seen enough to know better,
 * or nobody is accused.
 */
export function concludeRefused(first: RunVerdict, second: RunVerdict): RunVerdict {
  const before = first.resources.find(({ name }) => name === second.because)
  const isSure = second.confirmed === true || before?.verdict !== 'clean'
  return second.verdict === 'leaking' && second.because !== null && isSure
    ? { ...second, reasonCode: 'grows-until-refused', confirmed: true }
    : first
}

/**
 * The verdict of two runs.
 * @param second null where there could be none
 */
export function conclude(first: RunVerdict, second: RunVerdict | null): RunVerdict {
  const unconfirmed = (resources: readonly ResourceVerdict[]): RunVerdict => ({
    ...first,
    verdict: 'inconclusive',
    reasonCode: 'not-confirmed',
    confirmed: null,
    resources,
  })
  if (second === null) return unconfirmed(first.resources)
  if (second.verdict === 'clean' || second.reasonCode === 'holds-process') return second
  const before = new Set(first.resources.filter(leaks).map(({ name }) => name))
  const resources = second.resources.map((resource) =>
    leaks(resource) && before.has(resource.name) ? { ...resource, confirmed: true } : resource,
  )
  const confirmed = resources.filter((resource) => leaks(resource) && resource.confirmed)
  const [strongest] = confirmed
  if (second.verdict !== 'leaking' || !strongest) return unconfirmed(resources)
  const because = confirmed.find(({ name }) => name === second.because) ?? strongest
  return { ...second, because: because.name, reasonCode: because.reasonCode ?? 'grows', confirmed: true, resources }
}

/**
 * The verdict of shards judged together. A leak without overwhelming evidence is confirmed where two of them, or a second
 * run, see it each by itself.
 * @param each the verdicts of the shards alone, and of the runs that confirmed them
 */
export function concludeShards(together: RunVerdict, each: readonly RunVerdict[]): RunVerdict {
  if (!needsConfirmation(together)) return together
  const seen = (name: string) =>
    each.filter(({ resources }) => resources.some((r) => r.name === name && leaks(r))).length
  const twice = together.resources.find((resource) => leaks(resource) && seen(resource.name) >= 2)
  return twice ? conclude(together, { ...together, because: twice.name }) : conclude(together, null)
}
