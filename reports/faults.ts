/** What faults did, in words. */
import type { EndLine, FaultKind, HeaderLine, ResourceResult, Run } from '../harness/model.ts'
import { count, duration, list, plural, rate } from './format.ts'

/** What a kind of fault is to a client. */
const whileText: Record<FaultKind, string> = {
  pause: 'etcd is paused',
  restart: 'etcd is restarted',
  kill: 'etcd is away',
  refuse: 'connections to etcd are refused',
  reset: 'connections to etcd are reset',
  delay: 'etcd answers late',
  blackhole: 'nothing gets through to etcd',
  'dns-failure': 'the name of etcd cannot be looked up',
  'slow-dns': 'the name of etcd is looked up slowly',
  'wrong-password': 'the password is wrong',
  'expired-certificate': 'the certificate has expired',
}

/** `grows only while etcd is paused: 0.98 per failed cycle, budget 0` */
export function underFaultsText({
  underFaults,
  unit,
  budget,
}: Pick<ResourceResult, 'unit' | 'budget'> & Partial<Pick<ResourceResult, 'underFaults'>>): string {
  if (!underFaults) return 'grows only under faults'
  const { kinds, perFailedCycle, growthPerCycle } = underFaults
  const growth =
    perFailedCycle === null
      ? `${rate(growthPerCycle, unit)} per cycle under it`
      : `${rate(perFailedCycle, unit)} per failed cycle`
  const only = (underFaults.without ?? 0) > 0 ? 'mostly' : 'only'
  return `grows ${only} while ${list(kinds.map((kind) => whileText[kind]))}: ${growth}, budget ${rate(budget ?? 0, unit)}`
}

/** `etcd is paused: 16 times, 5 s in all, 64 cycles, 48 of them failed` */
export const faultTexts = ({ faults }: Pick<Run, 'faults'>): string[] =>
  faults.map(
    ({ do: kind, times, cycles, failed, ms }) =>
      `${kind} (${whileText[kind]}): ${plural(times, 'time')}, ${duration(ms)} in all, ${plural(cycles, 'cycle')}, ${count(failed)} of them failed`,
  )

/** What a client may wait out. */
const waits = new Set<FaultKind>(['pause', 'delay', 'blackhole', 'slow-dns'])

/** ` Nor while etcd is paused: 76 cycles ran under it, 70 of them failed; a leak of one in 6 of them would have been seen.` */
export function heldUnderFaults(
  gates: readonly Pick<ResourceResult, 'underFaults'>[],
  end: EndLine | null,
  plan: HeaderLine['plan'],
): string {
  const [told] = gates.flatMap(({ underFaults }) => underFaults ?? [])
  if (!told || !end) return ''
  const { cycles, failed } = told
  const kinds = [...new Set(plan.faults.map(({ do: kind }) => kind))]
  const weakest = Math.max(0, ...gates.map(({ underFaults }) => underFaults?.detectable ?? 0))
  const would =
    weakest > 0 && weakest < 1 ? `; a leak in one of ${Math.ceil(1 / weakest)} of them would have been seen` : ''
  const went =
    failed === 0
      ? `none of them failed${kinds.every((kind) => waits.has(kind)) ? '' : ': perhaps a fault reached none'}`
      : `${failed === cycles ? 'all' : count(failed)} of them failed`
  return ` Nor while ${list(kinds.map((kind) => whileText[kind]))}: ${plural(cycles, 'cycle')} ran under faults, ${went}${would}.`
}
