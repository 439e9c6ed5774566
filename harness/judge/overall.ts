/** From the verdicts of resources to that of the run. Pure. */
import {
  type Ending,
  isCoarse,
  type PlannedResource,
  type ReasonCode,
  type Recording,
  type ResourceVerdict,
  type Verdict,
} from '../model.ts'
import { faultsToCome } from './faults.ts'
import { isLimitedBy } from './forecast.ts'
import type { Series } from './series.ts'

type Known =
  | Pick<PlannedResource, 'name' | 'unit' | 'view' | 'named'>
  | Pick<ResourceVerdict, 'name' | 'unit' | 'view' | 'gate'>

/** Of a Node target, what only its probe can read, and every run has to. */
export const isInnerMemory = (resource: Known): boolean =>
  resource.unit === 'bytes' && resource.view === 'runtime' && !isCoarse(resource)

/** Memory that nobody named is held to what the run can tell; a run too short to judge it says so. */
export const isMemoryByDefault = ({ unit, named }: PlannedResource) => unit === 'bytes' && !named

/** Whether a resource can fail the run. What is only defaulted and was never read does not gate; what is named does. */
export const gates = ({ level, named }: PlannedResource, { gap }: Series) =>
  level === 'error' && (named || gap?.code !== 'not-read')

/** How a run ended decides what its readings can prove. */
const unprovable: Partial<Record<Ending, ReasonCode>> = {
  'etcd-died': 'etcd-died',
  'failed-cycles': 'failed-cycles',
  'cycle-timeout': 'cycle-timeout',
  'mark-never-seen': 'mark-never-seen',
  'fault-failed': 'fault-failed',
}

export function overall(recording: Recording, resources: readonly ResourceVerdict[], gating: ReadonlySet<string>) {
  const { end, checkpoints, exit } = recording
  const gate = resources.filter(({ name, accepted }) => gating.has(name) && !accepted)
  const optional = new Set(recording.header.plan.resources.filter(isMemoryByDefault).map(({ name }) => name))
  const first = (verdict: Verdict) => gate.filter((resource) => resource.verdict === verdict).sort(mostCertain)[0]
  const inconclusive = (reasonCode: ReasonCode, because: string | null = null) =>
    ({ verdict: 'inconclusive', reasonCode, because, confirmed: null }) as const

  const ending = end?.ending ?? null
  const leaking = first('leaking')
  if (recording.crash) {
    const told = { reasonCode: 'crashed', because: leaking?.name ?? null } as const
    // A limit that refused leaves nothing to confirm. Where nothing was seen to grow, it may simply be too low.
    return leaking
      ? ({ verdict: 'leaking', ...told, confirmed: recording.crash.resource !== null || leaking.confirmed } as const)
      : ({ verdict: 'inconclusive', ...told, confirmed: null } as const)
  }
  const { failed, cycles, faulted = { failed: 0, cycles: 0 } } = end ?? { failed: 0, cycles: 0 }
  const tooManyFailed = failed - faulted.failed > recording.header.plan.maxFailedCycles * (cycles - faulted.cycles)
  // A command that fell silent after a limit had refused it has shown why it grew.
  const isRefused =
    ending === 'cycle-timeout' &&
    end?.refused &&
    leaking?.unit === 'count' &&
    isLimitedBy(leaking.name, end.refused.resource)
  const unprovableBy = (ending && unprovable[ending]) || (tooManyFailed && 'failed-cycles')
  if (unprovableBy && !isRefused) return inconclusive(unprovableBy)
  if (leaking && end) {
    const confirmed = gate.some((resource) => resource.verdict === 'leaking' && resource.confirmed)
    const { name, reasonCode } = leaking
    return { verdict: 'leaking', reasonCode: reasonCode ?? 'grows', because: name, confirmed } as const
  }
  if (exit?.left === false && recording.header.plan.exit.level === 'error')
    return { verdict: 'leaking', reasonCode: 'holds-process', because: null, confirmed: true } as const
  if (!end) return inconclusive('cut-short')
  if (ending === 'target-died') return inconclusive('target-died')
  if (checkpoints.length === 0) return inconclusive('no-checkpoints')
  if (!gate.some(({ name }) => !optional.has(name)) && !resources.some(({ accepted }) => accepted))
    return inconclusive('no-gate')
  const undecided = first('inconclusive')
  // What filled so much was seen by no gate, and nobody else accepts it.
  if (ending === 'guard' && !resources.some(({ accepted }) => accepted))
    return inconclusive('guard', roseMost(resources)?.name ?? undecided?.name)
  // What was to be broken, and was not, proves nothing of how it breaks.
  if (!undecided && faultsToCome(recording)) return inconclusive('no-fault')
  if (undecided)
    return inconclusive(
      ending === 'guard' || ending === 'interrupted' || ending === 'process-ended'
        ? ending
        : (undecided.reasonCode ?? 'too-short'),
      undecided.name,
    )
  return { verdict: 'clean', reasonCode: 'flat', because: null, confirmed: null } as const
}

/** Of a run that a guard ended: the memory that rose most, where it is known by how much. */
const roseMost = (resources: readonly ResourceVerdict[]): ResourceVerdict | undefined =>
  resources
    .filter(({ facts }) => facts.taken !== undefined)
    .toSorted((a, b) => (b.facts.taken ?? 0) - (a.facts.taken ?? 0))[0]

/** Leaks: the most telling resource first. Undecided ones: the one that asks for most cycles first, and before it what no number of them is known to decide. */
function mostCertain(a: ResourceVerdict, b: ResourceVerdict): number {
  const rank = ({ name }: ResourceVerdict) => telling.indexOf(name) + 1 || telling.length + 1
  if (a.verdict === 'leaking') return rank(a) - rank(b)
  // What cannot be read is not decided by any more of them.
  const unread = ({ facts }: ResourceVerdict) => Number(facts.unread !== undefined)
  // What was read once or twice has more readings in whatever longer run the others ask for.
  const asks = ({ facts, reasonCode }: ResourceVerdict) =>
    facts.moreCycles ?? (reasonCode === 'too-short' ? 0 : Number.MAX_SAFE_INTEGER)
  return unread(b) - unread(a) || asks(b) - asks(a)
}
/** A leaked Worker is also a thread and some descriptors: the first of these says most about what leaks. */
const telling = [
  'workers',
  'children',
  'etcd.leases',
  'sockets',
  'threads',
  'timers',
  'handles',
  'listeners',
  'fds',
  // A buffer kept is also an object of the heap.
  'external',
  'native',
  'heap',
]
