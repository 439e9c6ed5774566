/**
 * The glossary as types. Whatever crosses a process or a disk has a zod schema here and its type is
 * derived from it, so a recording or a results.json that parses is one that fits.
 *
 * Units: `…Ms` are milliseconds, memory is bytes, growth is per cycle.
 */
import { z } from 'zod'

const viewSchema = z.enum(['kernel', 'runtime', 'server'])
const unitSchema = z.enum(['count', 'bytes'])
/** `error` gates the run, `warn` is judged and shown, `off` is recorded only. */
export const levelSchema = z.enum(['error', 'warn', 'off'])
export const expectSchema = z.enum(['clean', 'leaking'])
const verdictSchema = z.enum(['clean', 'leaking', 'inconclusive'])
const outcomeSchema = z.enum(['pass', 'fail', 'inconclusive', 'error', 'skipped'])

/** A resource as the plan fixes it: what it is and what it may do. */
const plannedResourceSchema = z.object({
  name: z.string(),
  view: viewSchema,
  unit: unitSchema,
  level: levelSchema,
  /** Named in a budget by a person; a resource that is only defaulted and cannot be read does not gate. */
  named: z.boolean(),
  /** Growth allowed per cycle. */
  perCycle: z.number().nullable(),
  /** Growth allowed over the whole run. */
  total: z.number().nullable(),
  /** Highest reading allowed. */
  peak: z.number().nullable(),
})

const planSchema = z.object({
  scenario: z.object({
    name: z.string(),
    file: z.string(),
    title: z.string(),
    form: z.enum(['scenario', 'module']),
    expect: expectSchema,
  }),
  needs: z.object({ etcd: z.boolean(), command: z.string().nullable() }),
  /** One line of a command's output that matches is one cycle; null for a Node target. */
  cycleMark: z.object({ source: z.string(), flags: z.string() }).nullable(),
  node: z.object({ path: z.string(), version: z.string() }),
  length: z.object({
    cycles: z.number().nullable(),
    forMs: z.number().nullable(),
    checkpoints: z.number(),
    quick: z.boolean(),
  }),
  until: z.enum(['verdict', 'end']),
  /** The leak rate, per cycle, that *clean* must rule out. */
  resolution: z.number(),
  /** Cycles before the first checkpoint; null: until the pace is known. */
  warmup: z.number().nullable(),
  cycleTimeoutMs: z.number(),
  /** What a cycle takes in production: the forecast speaks in this time. Null: at the pace of the run. */
  cadenceMs: z.number().nullable(),
  /** Share of the cycles, 0 to 1, that may fail. */
  maxFailedCycles: z.number(),
  drainForMs: z.number(),
  startTimeoutMs: z.number(),
  guards: z.object({ threads: z.number(), memory: z.number() }),
  resources: z.array(plannedResourceSchema),
})

/** A reading of one resource; null is *no reading*, never zero. */
export const readingsSchema = z.record(z.string(), z.number().nullable())
const detailSchema = z.record(z.string(), z.record(z.string(), z.number()))

const hostSchema = z.object({
  os: z.string(),
  kernel: z.string(),
  arch: z.string(),
  cores: z.number(),
  memory: z.number(),
  node: z.string(),
})
const etcdIdentitySchema = z.object({
  provider: z.enum(['url', 'docker', 'local']),
  version: z.string(),
  endpoints: z.array(z.string()),
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  pace: z.number().nullable(),
  /** Why not what `--etcd auto` tries before it. */
  passedOver: z.array(z.string()),
})

/** The form of a recording; a new number where an old one can no longer be read. */
export const RECORDING_SCHEMA = 'holdwater-recording/2'
const roleSchema = z.enum(['measure', 'confirm', 'explain'])

const headerLineSchema = z.object({
  line: z.literal('header'),
  schema: z.literal(RECORDING_SCHEMA),
  tool: z.string(),
  startedAt: z.string(),
  host: hostSchema,
  etcd: etcdIdentitySchema.nullable(),
  /** Program and arguments of a command target. */
  command: z.array(z.string()).nullable(),
  /** A run, or the second one that confirms what it saw. */
  role: roleSchema,
  plan: planSchema,
})
/** A cheap kernel reading, several a second, for pictures and for the guards. */
const sampleLineSchema = z.object({
  line: z.literal('sample'),
  ms: z.number(),
  cycles: z.number(),
  readings: readingsSchema,
})
/** A full reading between two batches, after settling. `drain` checkpoints come after the final drain. */
const checkpointLineSchema = z.object({
  line: z.literal('checkpoint'),
  ms: z.number(),
  phase: z.enum(['run', 'drain']),
  cycles: z.number(),
  failed: z.number(),
  readings: readingsSchema,
  /** Why a resource has no reading here. */
  unread: z.record(z.string(), z.string()),
  detail: detailSchema,
  /** A full collection came before the readings: `heap` and `external` hold no garbage. */
  collected: z.boolean(),
  /** How long settling and reading took. */
  tookMs: z.number(),
})
const eventLineSchema = z.object({
  line: z.literal('event'),
  ms: z.number(),
  cycles: z.number(),
  kind: z.enum([
    'warm-up',
    'failed-cycle',
    'guard',
    'memory',
    'drain',
    'etcd',
    'server-reset',
    'shard',
    'target',
    'log',
    'recording',
    'interrupted',
  ]),
  text: z.string(),
})
const endingSchema = z.enum([
  'length',
  'certain-leak',
  'certain-clean',
  'guard',
  'interrupted',
  'etcd-died',
  'target-died',
  'mark-never-seen',
  'failed-cycles',
  'cycle-timeout',
])
const endLineSchema = z.object({
  line: z.literal('end'),
  ms: z.number(),
  cycles: z.number(),
  failed: z.number(),
  /** Milliseconds spent inside batches, that is, without checkpoints. */
  batchMs: z.number(),
  /** The same two where memory began to be measured, which slows the cycles; null where it was not. */
  beforeMemory: z.object({ cycles: z.number(), batchMs: z.number() }).nullable(),
  ending: endingSchema,
  text: z.string(),
  exit: z.object({ code: z.number().nullable(), signal: z.string().nullable(), stderrTail: z.string() }).nullable(),
})
/** A limit that would end the target, and how much of it is used, counted in the limit's own scope. */
const limitSchema = z.object({
  resource: z.enum(['threads', 'fds', 'memory', 'heap']),
  source: z.string(),
  limit: z.number(),
  now: z.number(),
})
/** At the start, and again at the end where the target still lives; the last one counts. */
const limitsLineSchema = z.object({
  line: z.literal('limits'),
  ms: z.number(),
  cycles: z.number(),
  limits: z.array(limitSchema),
})
export const recordingLineSchema = z.discriminatedUnion('line', [
  headerLineSchema,
  sampleLineSchema,
  checkpointLineSchema,
  eventLineSchema,
  limitsLineSchema,
  endLineSchema,
])

/** What a run ended with when nothing else is known: a verdict per resource and for the run. */
const reasonCodeSchema = z.enum([
  'grows',
  'over-total',
  'over-peak',
  'flat',
  'within-budget',
  'too-short',
  'settling',
  'isolated-steps',
  'noisy',
  'too-noisy',
  'one-step',
  'not-read',
  'stopped-being-read',
  'no-gate',
  'no-checkpoints',
  'cut-short',
  ...endingSchema.exclude(['length', 'certain-leak', 'certain-clean']).options,
  'unstartable',
  'command-missing',
  'not-confirmed',
  'within-cap',
  'late-growth',
  'unreadable',
  'environment-missing',
])

const resourceResultSchema = z.object({
  name: z.string(),
  view: viewSchema,
  unit: unitSchema,
  level: levelSchema,
  /** Whether a budget names it, or the table of resources alone. */
  gate: z.enum(['named', 'default']),
  start: z.number().nullable(),
  end: z.number().nullable(),
  peak: z.number().nullable(),
  growthPerCycle: z.number().nullable(),
  /** 95 % interval of the growth per cycle. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Growth per cycle that is allowed; null where nothing is judged. */
  budget: z.number().nullable(),
  /** The smallest growth per cycle that this run could have ruled out. */
  detectable: z.number().nullable(),
  /** Of a leak: whether the evidence is overwhelming or a second run saw it, too. Null where there is no leak. */
  confirmed: z.boolean().nullable(),
  verdict: verdictSchema.nullable(),
  reasonCode: reasonCodeSchema.nullable(),
  reason: z.string(),
  /** How much is left of the nearest limit. */
  headroom: z.object({ limit: z.number(), source: z.string(), now: z.number(), left: z.number() }).nullable(),
  /** When growth meets it. */
  forecast: z
    .object({
      limit: z.number(),
      source: z.string(),
      cyclesLeft: z.number(),
      low: z.number(),
      high: z.number(),
      secondsLeft: z.number().nullable(),
    })
    .nullable(),
})

const runSchema = z.object({
  scenario: z.string(),
  title: z.string(),
  file: z.string(),
  expect: expectSchema,
  verdict: verdictSchema.nullable(),
  outcome: outcomeSchema,
  reasonCode: reasonCodeSchema.nullable(),
  /** One sentence, the same in every report. */
  reason: z.string(),
  cycles: z.number(),
  failedCycles: z.number(),
  checkpoints: z.number(),
  durationMs: z.number(),
  /** Share of the run, 0 to 1, that checkpoints took, the final drain left out. */
  checkpointShare: z.number().nullable(),
  etcd: etcdIdentitySchema.nullable(),
  /** Program and arguments of a command target. */
  command: z.array(z.string()).nullable(),
  resources: z.array(resourceResultSchema),
  suspects: z.array(z.never()),
  exit: z.object({ code: z.number().nullable(), signal: z.string().nullable(), stderrTail: z.string() }).nullable(),
  guard: z.string().nullable(),
  events: z.array(eventLineSchema.omit({ line: true })),
  recordings: z.array(z.object({ path: z.string(), role: roleSchema })),
})

export const resultsSchema = z.object({
  schema: z.literal('holdwater-results/1'),
  tool: z.string(),
  host: hostSchema,
  startedAt: z.string(),
  runs: z.array(runSchema),
})

export type View = z.infer<typeof viewSchema>
export type Unit = z.infer<typeof unitSchema>
export type Level = z.infer<typeof levelSchema>
export type Verdict = z.infer<typeof verdictSchema>
export type Outcome = z.infer<typeof outcomeSchema>
export type PlannedResource = z.infer<typeof plannedResourceSchema>
export type Plan = z.infer<typeof planSchema>
export type Readings = z.infer<typeof readingsSchema>
export type Detail = z.infer<typeof detailSchema>
export type Host = z.infer<typeof hostSchema>
export type EtcdIdentity = z.infer<typeof etcdIdentitySchema>
export type HeaderLine = z.infer<typeof headerLineSchema>
export type SampleLine = z.infer<typeof sampleLineSchema>
export type CheckpointLine = z.infer<typeof checkpointLineSchema>
export type EventLine = z.infer<typeof eventLineSchema>
export type EndLine = z.infer<typeof endLineSchema>
export type Limit = z.infer<typeof limitSchema>
export type Headroom = NonNullable<ResourceResult['headroom']>
export type Forecast = NonNullable<ResourceResult['forecast']>
export type LimitsLine = z.infer<typeof limitsLineSchema>
export type Ending = z.infer<typeof endingSchema>
export type RecordingLine = z.infer<typeof recordingLineSchema>
export type ReasonCode = z.infer<typeof reasonCodeSchema>
export type ResourceResult = z.infer<typeof resourceResultSchema>
export type Run = z.infer<typeof runSchema>
export type Results = z.infer<typeof resultsSchema>

/** Everything one run recorded, in order. `end` is null where holdwater itself was killed. */
export type Recording = {
  readonly header: HeaderLine
  readonly samples: readonly SampleLine[]
  readonly checkpoints: readonly CheckpointLine[]
  readonly events: readonly EventLine[]
  readonly limits: LimitsLine | null
  readonly end: EndLine | null
}

/** A resource judged: numbers and a code; reports/words.ts makes the sentence. */
export type ResourceVerdict = Omit<ResourceResult, 'reason'> & { readonly facts: VerdictFacts }

/** The numbers a sentence may need, each only where it applies. */
export type VerdictFacts = {
  /** About how many more cycles would decide. */
  readonly moreCycles?: number
  /** Rises that had time to come back and did not, and what they add up to. */
  readonly steps?: number
  readonly stepSum?: number
  /** Cycle of the last such rise. */
  readonly stepCycle?: number
  /** A cap that was passed, and by what. */
  readonly cap?: number
  readonly reached?: number
  /** Why there is no reading. */
  readonly unread?: string
}

/** The verdict of a run: its own, and one per resource. */
export type RunVerdict = {
  readonly verdict: Verdict
  readonly reasonCode: ReasonCode
  /** The resource the run's verdict rests on, where one does. */
  readonly because: string | null
  /** Of a leak: false where it has yet to be seen in a second run. */
  readonly confirmed: boolean | null
  readonly resources: readonly ResourceVerdict[]
}

/** What a reporter gets: the contract, and each run's recording for its pictures. */
export type Report = { readonly results: Results; readonly recordings: ReadonlyMap<string, Recording> }
