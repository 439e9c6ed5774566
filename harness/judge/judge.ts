/** Recording in, verdict out. Pure: judging a recording again gives the same verdict. */
import {
  isCoarse,
  isCommand,
  type PlannedResource,
  type Recording,
  type RunVerdict,
  type VerdictFacts,
} from '../model.ts'
import { nativeFrom } from './coarse.ts'
import { crashOf } from './crash.ts'
import { lasting } from './faults.ts'
import { earliest, forecastOf, headroomOf, ratesInScope } from './forecast.ts'
import { gates, isMemoryByDefault, overall } from './overall.ts'
import { processesThatLeak } from './processes.ts'
import { asFineAsDecided, resolutionOf } from './reach.ts'
import { judgeResource } from './resource.ts'
import { errorShared } from './rules.ts'
import { seriesOf } from './series.ts'
import { throughputOf } from './throughput.ts'
import { hasToBeRead, memoryFrom } from './young.ts'

/** The plan's resources, and those that only the run could name: what `serverState()` returned. */
export function resourcesOf({ header, checkpoints }: Recording): PlannedResource[] {
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

/** The scenario's cadence, else the pace that was seen. */
function secondsPerCycle({ header, end }: Recording): number | null {
  const { cadenceMs } = header.plan
  if (cadenceMs !== null) return cadenceMs / 1000
  return end && end.cycles > 0 ? end.batchMs / end.cycles / 1000 : null
}

/** What filled so much that a guard ended the run may have been read too seldom to be judged. */
function takenBy({ name, view, unit }: PlannedVerdict, { end, start, checkpoints }: Recording): VerdictFacts {
  const last = checkpoints.findLast(({ readings }) => readings[name] != null)?.readings[name]
  const before = start?.readings[name]
  if (end?.ending !== 'guard' || unit !== 'bytes' || view !== 'runtime' || last == null || before == null) return {}
  return last - before >= LEAST_TAKEN ? { taken: last - before } : {}
}
const LEAST_TAKEN = 64 * 1024 ** 2
type PlannedVerdict = Pick<PlannedResource, 'name' | 'view' | 'unit'>

/**
 * Judges a recording.
 * @param early a look before the planned length: leaking only on overwhelming evidence. A target that died without a
 *   final drain, of itself or ended by a guard, is judged as strictly.
 */
export function judge(recording: Recording, { early = false }: { early?: boolean } = {}): RunVerdict {
  const { plan } = recording.header
  const strict = early || (recording.end?.exit ?? null) !== null
  const judged = resourcesOf(recording).map((resource) => {
    const collected = resource.unit === 'bytes' && !isCommand(plan)
    const isNative = isCoarse(resource) && resource.view === 'runtime'
    const from = isNative ? nativeFrom(recording) : memoryFrom(resource, recording)
    return { resource, series: seriesOf(recording.checkpoints, resource.name, { collected, from }) }
  })
  const gating = new Set(
    judged.flatMap(({ resource, series }) =>
      gates(resource, series) || hasToBeRead(resource, recording) ? [resource.name] : [],
    ),
  )
  // Memory is read late in a run and has its share of the error from the beginning.
  const sharing = judged.filter(
    ({ resource }) =>
      (gating.has(resource.name) || (resource.level === 'error' && isMemoryByDefault(resource))) &&
      // No run is longer for what wavers.
      !isCoarse(resource),
  )
  const gatesAtAll = Math.max(1, sharing.length)
  const shared = { ...errorShared(gatesAtAll), early: strict }
  const faults = lasting(recording)
  const { resolution, judged: verdicts } = asFineAsDecided(
    recording,
    resolutionOf(plan, recording.checkpoints, gatesAtAll),
    (reach) =>
      judged.map(({ resource, series }) => judgeResource(resource, series, { ...shared, ...reach }, recording, faults)),
  )
  const limits = recording.limits.at(-1)?.limits ?? []
  const rateOf = ratesInScope(recording.limits)
  const pace = secondsPerCycle(recording)
  // A look asks for what is certain; these are looked at where a run would be clean, and at its end.
  const processes = early ? [] : processesThatLeak(recording, verdicts, { ...shared, resolution })
  for (const { name } of processes) gating.add(name)
  const resources = [...verdicts, ...processes].map((verdict) => ({
    ...verdict,
    facts: { ...verdict.facts, ...takenBy(verdict, recording) },
    headroom: headroomOf(verdict.name, limits),
    forecast: forecastOf(verdict, limits, pace, rateOf),
  }))
  const crash = crashOf(recording, judge)
  // An early look asks for leaks alone.
  const throughput = early ? null : throughputOf(recording)
  return {
    ...overall(recording, resources, gating),
    dies: earliest(resources),
    crash,
    throughput,
    resolution,
    resources,
  }
}
