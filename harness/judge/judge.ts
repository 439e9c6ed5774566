/** Recording in, verdict out. Pure: judging a recording again gives the same verdict. */
import type { Ending, PlannedResource, ReasonCode, Recording, ResourceVerdict, RunVerdict, Verdict } from '../model.ts'
import { judgeCount } from './count.ts'
import { type Series, seriesOf } from './series.ts'

const none = { growthPerCycle: null, low: null, high: null, detectable: null }

/** The plan's resources, and those that only the run could name: what `serverState()` returned. */
function resourcesOf({ header, checkpoints }: Recording): PlannedResource[] {
  const planned = header.plan.resources
  const known = new Set(planned.map(({ name }) => name))
  const states = new Set(checkpoints.flatMap(({ readings }) => Object.keys(readings).filter((n) => !known.has(n))))
  return [
    ...planned,
    ...[...states].map(
      (name): PlannedResource => ({
        name,
        view: 'server',
        unit: 'count',
        level: 'error',
        named: false,
        perCycle: 0,
        total: null,
        peak: null,
      }),
    ),
  ]
}

/** Whether a resource can fail the run. What is only defaulted and was never read does not gate; what is named does. */
const gates = ({ level, named }: PlannedResource, { gap }: Series) =>
  level === 'error' && (named || gap?.code !== 'not-read')

function judgeResource(
  resource: PlannedResource,
  series: Series,
  { resolution, gating, early }: { resolution: number; gating: number; early: boolean },
): ResourceVerdict {
  const { name, view, unit, level, perCycle, total, peak, named } = resource
  const run = series.points.filter(({ drain }) => !drain)
  const shown = {
    name,
    view,
    unit,
    level,
    start: run[0]?.value ?? null,
    end: series.points.at(-1)?.value ?? null,
    peak: run.length > 0 ? Math.max(...run.map(({ value }) => value)) : null,
    budget: perCycle,
  }
  if (series.gap) {
    const verdict = series.gap.code === 'not-read' && !named ? null : ('inconclusive' as const)
    return { ...shown, ...none, verdict, reasonCode: series.gap.code, facts: { unread: series.gap.why } }
  }
  if (unit === 'bytes') {
    const verdict = named && level === 'error' ? ('inconclusive' as const) : null
    return { ...shown, ...none, verdict, reasonCode: 'memory-not-judged', facts: {} }
  }
  if (level === 'off') return { ...shown, ...none, verdict: null, reasonCode: null, facts: {} }
  return { ...shown, ...judgeCount(series.points, { budget: perCycle ?? 0, resolution, gating, early, total, peak }) }
}

/** How a run ended decides what its readings can prove. */
const unprovable: Partial<Record<Ending, ReasonCode>> = {
  'etcd-died': 'etcd-died',
  'failed-cycles': 'failed-cycles',
  'cycle-timeout': 'cycle-timeout',
  'mark-never-seen': 'mark-never-seen',
}

function overall(recording: Recording, resources: readonly ResourceVerdict[], gating: ReadonlySet<string>) {
  const { end, checkpoints } = recording
  const gate = resources.filter(({ name }) => gating.has(name))
  const first = (verdict: Verdict) => gate.filter((resource) => resource.verdict === verdict).sort(mostCertain)[0]
  const inconclusive = (reasonCode: ReasonCode, because: string | null = null) =>
    ({ verdict: 'inconclusive', reasonCode, because }) as const

  const ending = end?.ending ?? null
  const tooManyFailed = end && end.failed > recording.header.plan.maxFailedCycles * end.cycles
  const unprovableBy = (ending && unprovable[ending]) || (tooManyFailed && 'failed-cycles')
  if (unprovableBy) return inconclusive(unprovableBy)
  const leaking = first('leaking')
  if (leaking && end)
    return { verdict: 'leaking', reasonCode: leaking.reasonCode ?? 'grows', because: leaking.name } as const
  if (!end) return inconclusive('cut-short')
  if (ending === 'target-died') return inconclusive('target-died')
  if (checkpoints.length === 0) return inconclusive('no-checkpoints')
  if (gate.length === 0) return inconclusive('no-gate')
  const undecided = first('inconclusive')
  if (undecided)
    return inconclusive(
      ending === 'guard' || ending === 'interrupted' ? ending : (undecided.reasonCode ?? 'too-short'),
      undecided.name,
    )
  return { verdict: 'clean', reasonCode: 'flat', because: null } as const
}

/** Leaks: the most telling resource first. Undecided ones: the one that asks for most cycles first. */
function mostCertain(a: ResourceVerdict, b: ResourceVerdict): number {
  const rank = ({ name }: ResourceVerdict) => telling.indexOf(name) + 1 || telling.length + 1
  if (a.verdict === 'leaking') return rank(a) - rank(b)
  return (b.facts.moreCycles ?? 0) - (a.facts.moreCycles ?? 0)
}
/** A leaked Worker is also a thread and some descriptors: the first of these says most about what leaks. */
const telling = ['workers', 'children', 'etcd.leases', 'sockets', 'threads', 'timers', 'handles', 'listeners', 'fds']

/**
 * Judges a recording.
 * @param early a look before the planned length: leaking only on overwhelming evidence. A target that died without a
 *   final drain, of itself or ended by a guard, is judged as strictly.
 */
export function judge(recording: Recording, { early = false }: { early?: boolean } = {}): RunVerdict {
  const { plan } = recording.header
  const strict = early || (recording.end?.exit ?? null) !== null
  const judged = resourcesOf(recording).map((resource) => ({
    resource,
    series: seriesOf(recording.checkpoints, resource.name),
  }))
  const gating = new Set(judged.flatMap(({ resource, series }) => (gates(resource, series) ? [resource.name] : [])))
  const rules = { resolution: plan.resolution, gating: Math.max(1, gating.size), early: strict }
  const resources = judged.map(({ resource, series }) => judgeResource(resource, series, rules))
  return { ...overall(recording, resources, gating), resources }
}

/** Looks at a running recording: whether it is certain enough to stop. */
export function lookEarly(recording: Recording): 'leaking' | 'clean' | null {
  const { checkpoints, header } = recording
  const enough = Math.max(LEAST_SAMPLES.leaking, EARLY_FROM * header.plan.length.checkpoints)
  const { resources } = judge(recording, { early: true })
  const gate = resources.filter(({ level, verdict }) => level === 'error' && verdict !== null)
  if (checkpoints.length >= enough && gate.some(({ verdict }) => verdict === 'leaking')) return 'leaking'
  if (checkpoints.length < LEAST_SAMPLES.clean) return null
  return gate.length > 0 && gate.every(({ verdict }) => verdict === 'clean') ? 'clean' : null
}

/** Looks for a leak begin at 30 % of the planned checkpoints, and never before 30. */
const EARLY_FROM = 0.3
const LEAST_SAMPLES = { leaking: 30, clean: 20 }

/** Gating resources that are not clean and stand above where they started: what a final drain may see return. */
export function apparentLeaks(recording: Recording): ResourceVerdict[] {
  return judge(recording).resources.filter(
    ({ level, verdict, start, end }) =>
      level === 'error' && verdict !== null && verdict !== 'clean' && start !== null && end !== null && end > start,
  )
}
