/**
 * A leak without overwhelming evidence fails nothing before one more measured run, in a fresh process and with twice the
 * checkpoints, has seen it, too. Pure.
 */
import type { ResourceVerdict, RunVerdict } from '../model.ts'

export const needsConfirmation = ({ verdict, confirmed }: RunVerdict): boolean => verdict === 'leaking' && !confirmed

const leaks = ({ verdict, level, accepted }: ResourceVerdict) => verdict === 'leaking' && level === 'error' && !accepted

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
