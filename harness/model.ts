/**
 * The glossary as types. Whatever crosses a process or a disk has a zod schema here and its type is
 * derived from it, so a recording or a results.json that parses is one that fits.
 *
 * Units: `…Ms` are milliseconds, memory is bytes, growth is per cycle.
 */
import type { z } from 'zod'
import type { baselineSchema } from './model/baseline.ts'
import type { faultKindSchema, faultLineSchema, faultSchema } from './model/faults.ts'
import type {
  crashLineSchema,
  limitSchema,
  limitsLineSchema,
  setLimitSchema,
  wantedLimitSchema,
} from './model/limits.ts'
import type { loadedSchema, loadLineSchema, loadResultSchema } from './model/load.ts'
import type {
  acceptedSchema,
  checkpointLineSchema,
  detailSchema,
  endingSchema,
  endLineSchema,
  etcdIdentitySchema,
  eventLineSchema,
  exitLineSchema,
  frameSchema,
  headerLineSchema,
  hostSchema,
  ledgerEntrySchema,
  ledgerLineSchema,
  levelSchema,
  outcomeSchema,
  plannedResourceSchema,
  planSchema,
  readingsSchema,
  recordingLineSchema,
  sampleLineSchema,
  sourceLineSchema,
  stackLineSchema,
  startLineSchema,
  trendSchema,
  unitSchema,
  verdictSchema,
  viewSchema,
} from './model/recording.ts'
import type {
  reasonCodeSchema,
  resourceResultSchema,
  resultsSchema,
  runSchema,
  shownFrameSchema,
  suspectSchema,
} from './model/results.ts'

export { BASELINE_SCHEMA, baselineSchema, UNSAID } from './model/baseline.ts'
export { DNS_FAULTS, faultKindSchema, SERVER_FAULTS, startOf, WIRE_FAULTS } from './model/faults.ts'
export {
  exitLineSchema,
  expectSchema,
  frameSchema,
  LEAST_ONE_IN,
  ledgerEntrySchema,
  levelSchema,
  RECORDING_SCHEMA,
  readingsSchema,
  recordingLineSchema,
} from './model/recording.ts'
export { RESULTS_SCHEMA, resultsSchema } from './model/results.ts'
export { roundUp } from './model/round.ts'

export type View = z.infer<typeof viewSchema>
export type Unit = z.infer<typeof unitSchema>
export type Level = z.infer<typeof levelSchema>
export type Verdict = z.infer<typeof verdictSchema>
export type Outcome = z.infer<typeof outcomeSchema>
export type EtcdNeeds = Pick<Plan['needs'], 'nodes' | 'tls' | 'auth'>
export type PlannedResource = z.infer<typeof plannedResourceSchema>
export type Plan = z.infer<typeof planSchema>
export type Readings = z.infer<typeof readingsSchema>
export type Detail = z.infer<typeof detailSchema>
export type Host = z.infer<typeof hostSchema>
export type EtcdIdentity = z.infer<typeof etcdIdentitySchema>
export type HeaderLine = z.infer<typeof headerLineSchema>
export type CheckpointLine = z.infer<typeof checkpointLineSchema>
export type EventLine = z.infer<typeof eventLineSchema>
export type Frame = z.infer<typeof frameSchema>
export type StackLine = z.infer<typeof stackLineSchema>
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>
export type LedgerLine = z.infer<typeof ledgerLineSchema>
export type SourceLine = z.infer<typeof sourceLineSchema>
export type ExitLine = z.infer<typeof exitLineSchema>
export type ShownFrame = z.infer<typeof shownFrameSchema>
export type Suspect = z.infer<typeof suspectSchema>
export type EndLine = z.infer<typeof endLineSchema>
export type Limit = z.infer<typeof limitSchema>
export type Headroom = NonNullable<ResourceResult['headroom']>
export type Forecast = NonNullable<ResourceResult['forecast']>
export type Trend = z.infer<typeof trendSchema>
export type Accepted = z.infer<typeof acceptedSchema>
export type SampleLine = z.infer<typeof sampleLineSchema>
export type Baseline = z.infer<typeof baselineSchema>
export type LimitsLine = z.infer<typeof limitsLineSchema>
type StartLine = z.infer<typeof startLineSchema>
export type CrashLine = z.infer<typeof crashLineSchema>
export type WantedLimit = z.infer<typeof wantedLimitSchema>
export type SetLimit = z.infer<typeof setLimitSchema>
export type FaultKind = z.infer<typeof faultKindSchema>
export type Fault = z.infer<typeof faultSchema>
export type FaultLine = z.infer<typeof faultLineSchema>
export type Loaded = z.infer<typeof loadedSchema>
export type LoadLine = z.infer<typeof loadLineSchema>
export type Throughput = NonNullable<z.infer<typeof loadResultSchema>['throughput']>
export type Ending = z.infer<typeof endingSchema>
export type RecordingLine = z.infer<typeof recordingLineSchema>
export type ReasonCode = z.infer<typeof reasonCodeSchema>
export type ResourceResult = z.infer<typeof resourceResultSchema>
export type Run = z.infer<typeof runSchema>
export type Results = z.infer<typeof resultsSchema>

/**
 * Memory that wavers by megabytes, unless a budget names it: what V8 knows nothing of, and resident memory. It fails a run only where nobody can miss its
 * growth.
 */
export const isCoarse = (resource: { name: string } & ({ named: boolean } | { gate: string })): boolean =>
  (resource.name === 'native' || resource.name === 'rss') &&
  !('named' in resource ? resource.named : resource.gate === 'named')

/** A row of the processes by one name: `threads of worker.py`; and whether a row is one of a resource's. */
export const rowOf = (resource: string, process: string): string => `${resource} of ${process}`
export const isRowOf = (row: string, resource: string): boolean => row.startsWith(rowOf(resource, ''))

/** Judged from outside: a program in any language, without a probe in it. */
export const isCommand = ({ cycleMark, load }: Pick<Plan, 'cycleMark' | 'load'>): boolean =>
  cycleMark !== null || load?.of === 'command'

/** A run that wants no crash, and has no limit, is not watched for one. */
export const isToCrash = ({ until, limits }: Pick<Plan, 'until' | 'limits'>): boolean =>
  until === 'crash' || limits.length > 0

/** Batches of requests after the warm-up. */
export function measuredLoads({ loads, checkpoints }: Pick<Recording, 'loads' | 'checkpoints'>): LoadLine[] {
  const from = checkpoints.find(({ phase }) => phase === 'run')?.cycles ?? Infinity
  return loads.filter(({ cycles, tookMs }) => cycles > from && tookMs > 0)
}

/** Of these the ones without a fault, and before full collections, which slow them. */
export function undisturbedLoads(recording: Pick<Recording, 'loads' | 'checkpoints' | 'events'>): LoadLine[] {
  const to = recording.events.find(({ kind }) => kind === 'memory')?.cycles ?? Infinity
  return measuredLoads(recording).filter(({ cycles, faulted }) => cycles <= to && !faulted)
}

/**
 * Timeline samples, a column a resource: of a soak of days there are a million of them, and as many objects would not fit.
 */
export type Samples = {
  readonly ms: Float64Array
  readonly cycles: Float64Array
  /** NaN is *no reading*. */
  readonly readings: ReadonlyMap<string, Float64Array>
}

/** Everything one run recorded, in order. `end` is null where holdwater itself was killed. */
export type Recording = {
  readonly header: HeaderLine
  readonly samples: Samples
  readonly checkpoints: readonly CheckpointLine[]
  readonly events: readonly EventLine[]
  readonly limits: readonly LimitsLine[]
  readonly faults: readonly FaultLine[]
  /** A line a batch, of a server under load. */
  readonly loads: readonly LoadLine[]
  /** Before the first cycle, of a Node target. */
  readonly start: StartLine | null
  readonly crash: CrashLine | null
  readonly end: EndLine | null
  readonly exit: ExitLine | null
  /** Of an explaining run only. */
  readonly ledgers: readonly LedgerLine[]
  readonly stacks: readonly StackLine[]
  readonly sources: readonly SourceLine[]
}

/** A resource judged: numbers and a code; reports/words.ts makes the sentence. */
export type ResourceVerdict = Omit<ResourceResult, 'reason'> & { readonly facts: VerdictFacts }

/** The numbers a sentence may need, each only where it applies. */
export type VerdictFacts = {
  /** About how many more cycles would decide; or, of a series over time, how much longer, ms. */
  readonly moreCycles?: number
  readonly moreMs?: number
  /** Of a series over time: so many of what its growth is per make an hour. */
  readonly anHour?: number
  /** Growth per cycle that this run rules out, at the error of *clean*. */
  readonly ruledOut?: number
  /** Rises that had time to come back and did not, and what they add up to. */
  readonly steps?: number
  readonly stepSum?: number
  /** Objects of them that rose beneath what came and went, and showed at rest only. */
  readonly hidden?: number
  /** Objects that stood above its level at rest while cycles ran. */
  readonly stood?: number
  /** After how many ms of silence it came back, and how long a stretch without one has to be to see whether it levels off. */
  readonly releasedMs?: number
  readonly wantedMs?: number
  /** Languages whose collector may close what grows. */
  readonly collectors?: string
  /** Cycle of the last such rise. */
  readonly stepCycle?: number
  /** A cap that was passed, and by what. */
  readonly cap?: number
  readonly reached?: number
  /** Growth per cycle that a baseline has accepted, and that this is worse than. */
  readonly accepted?: number
  /** The last day on which a baseline accepted it. */
  readonly expired?: string
  /** Why there is no reading, or no verdict. */
  readonly unread?: string
  /** The budget that was too fine for this run, bytes per cycle: it was held to a coarser one. */
  readonly coarser?: number
  /** Bytes that memory which grows within its budget rose by since before the first cycle, where that is more than its growth says. */
  readonly rose?: number
  /** Bytes that memory had risen by since before the first cycle when a guard ended the run. */
  readonly taken?: number
}

/** What a drain waits for: down to what level, and whether it looks like a leak, or only has to be seen at rest. */
export type Raised = { readonly name: string; readonly level: number; readonly isLeak: boolean }

/** The verdict of a run: its own, and one per resource. */
export type RunVerdict = {
  readonly verdict: Verdict
  readonly reasonCode: ReasonCode
  /** The resource the run's verdict rests on, where one does. */
  readonly because: string | null
  /** Of a leak: false where it has yet to be seen in a second run. */
  readonly confirmed: boolean | null
  /** What kills the process first, and when; null where nothing does. */
  readonly dies: (Forecast & Pick<ResourceVerdict, 'name' | 'unit'>) | null
  readonly crash: Crash | null
  /** Of a server under load, as far as it can be told. */
  readonly throughput: Throughput | null
  /** The rate per cycle that *clean* had to rule out of counts. */
  readonly resolution: number
  readonly resources: readonly ResourceVerdict[]
}

/** A crash, and what half way to it the forecast was. */
export type Crash = Omit<NonNullable<Run['crash']>, 'sentence'>

export type Change = 'regressed' | 'improved' | 'unchanged' | 'cannot tell'

/** One scenario in two runs. */
export type RunChange = {
  readonly scenario: string
  readonly title: string
  readonly change: Change
  readonly resources: readonly {
    readonly name: string
    readonly unit: Unit
    readonly level: Level
    readonly change: Change
    /** Why nothing can be told, where that is not in the numbers. */
    readonly undecided: string | null
    readonly base: ResourceResult
    readonly head: ResourceResult
    /** HEAD less BASE, per cycle, with its 95 % interval. */
    readonly difference: Trend | null
  }[]
  /** Resources that HEAD does not have. */
  readonly onlyInBase: readonly string[]
  readonly newSuspects: readonly Suspect[]
  readonly goneSuspects: readonly Suspect[]
  readonly base: Run
  readonly head: Run
}

/** Two result directories, scenario by scenario. */
export type Comparison = {
  readonly base: Report
  readonly head: Report
  readonly runs: readonly RunChange[]
  /** Scenarios that only one of them has. */
  readonly onlyInBase: readonly string[]
  readonly onlyInHead: readonly string[]
  readonly skipped: readonly string[]
  /** In what the environment of HEAD differs: a sentence each, without its subject. */
  readonly mismatch: readonly string[]
}

/** One resource of one scenario over many runs. */
export type HistoryOfResource = {
  readonly name: string
  readonly unit: Unit
  readonly level: Level
  /** A place for each run; null where it was not in it, or has no growth. */
  readonly points: readonly ({
    readonly trend: Trend
    readonly verdict: Verdict | null
    /** Against the run in which it last changed. */
    readonly change: Change | null
  } | null)[]
}

/** Growth over many runs, the oldest first. */
export type History = {
  readonly runs: readonly Pick<Results, 'startedAt' | 'revision' | 'tool' | 'host'>[]
  readonly scenarios: readonly {
    readonly scenario: string
    readonly title: string
    readonly cycleUnit: Run['cycleUnit']
    readonly verdicts: readonly Run['verdict'][]
    readonly resources: readonly HistoryOfResource[]
  }[]
}

/** Resources of a scenario that a run could not tell of, as a baseline that is saved from it has them. */
export type Undecided = {
  readonly scenario: string
  /** As they were accepted before. */
  readonly kept: readonly string[]
  readonly missing: readonly string[]
}

/** A suspect before its sentence is made. */
export type Suspicion = Omit<Suspect, 'sentence'>

/** What an explaining run found out. */
export type Explanation = {
  readonly suspects: readonly Suspicion[]
  /** All that leaks ends by itself after so long, if nobody sets it anew; null where something does not. */
  readonly endAfterMs: number | null
  readonly unexplained: {
    /** Resources that leak and have no suspect. */
    readonly resources: readonly string[]
    /** Those of whose growth per cycle suspects explain a part only. */
    readonly partly: readonly { name: string; explained: number; growthPerCycle: number }[]
    /** Where the explaining run was cut short. */
    readonly cut: { cycles: number; text: string } | null
    /** What could not be looked at, and why. */
    readonly unread: readonly string[]
    /** Why there was no explaining run. */
    readonly failed: string | null
  }
}

/** What a reporter gets: the contract, and each run's recording for its pictures. */
export type Report = { readonly results: Results; readonly recordings: ReadonlyMap<string, Recording> }
