/** What a plan and a recording are made of, as zod schemas: whatever crosses a process or a disk is checked by these. */
import { z } from 'zod'
import { faultLineSchema, faultSchema } from './faults.ts'
import { crashLineSchema, limitsLineSchema, setLimitSchema, wantedLimitSchema } from './limits.ts'
import { loadLineSchema, loadSchema } from './load.ts'

export const viewSchema = z.enum(['kernel', 'runtime', 'server'])
export const unitSchema = z.enum(['count', 'bytes'])
/** `error` gates the run, `warn` is judged and shown, `off` is recorded only. */
export const levelSchema = z.enum(['error', 'warn', 'off'])
export const expectSchema = z.enum(['clean', 'leaking'])
export const verdictSchema = z.enum(['clean', 'leaking', 'inconclusive'])
export const outcomeSchema = z.enum(['pass', 'fail', 'inconclusive', 'error', 'skipped'])

/** A slope and its 95 % interval, per cycle. */
export const trendSchema = z.object({ growthPerCycle: z.number(), low: z.number(), high: z.number() })
/** A leak that somebody looked at and let stand for a while. */
export const acceptedSchema = trendSchema.extend({
  reason: z.string().min(1),
  /** The last day, YYYY-MM-DD, on which it does not count. */
  until: z.iso.date(),
})

/** A resource as the plan fixes it: what it is and what it may do. */
export const plannedResourceSchema = z.object({
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

/** The coarsest that *clean* may be asked to rule out: one in so many cycles. Most leaks leave one in each, and have to be well beyond it. */
export const LEAST_ONE_IN = 10

export const planSchema = z.object({
  scenario: z.object({
    name: z.string(),
    file: z.string(),
    title: z.string(),
    form: z.enum(['scenario', 'module']),
    expect: expectSchema,
  }),
  needs: z.object({
    etcd: z.boolean(),
    /** Members of its cluster; and whether it serves with TLS, and to users only. */
    nodes: z.number().default(1),
    tls: z.boolean().default(false),
    auth: z.boolean().default(false),
    command: z.string().nullable(),
  }),
  /** One line of a command's output that matches is one cycle; null for a Node target. */
  cycleMark: z.object({ source: z.string(), flags: z.string() }).nullable(),
  node: z.object({ path: z.string(), version: z.string() }),
  length: z.object({
    cycles: z.number().nullable(),
    forMs: z.number().nullable(),
    checkpoints: z.number(),
    quick: z.boolean(),
    /** Where nobody said how long: undecided, it goes on for so long, ms, in all. Null: its length is its end. */
    mostMs: z.number().nullable().default(null),
  }),
  until: z.enum(['verdict', 'end', 'crash']),
  /** Its length is only what batches are planned by: doubled when it is reached, it ends nothing. */
  endless: z.boolean().default(false),
  /** Kernel limits that the target is to run under. */
  limits: z.array(wantedLimitSchema).default([]),
  /** What a cycle is: of a process that is watched, and marks none, a minute. */
  cycleUnit: z.enum(['cycle', 'minute']).default('cycle'),
  /** A process that is watched: nobody can run it once more. */
  watched: z.boolean().default(false),
  /** The leak rate, per cycle, that *clean* must rule out. */
  resolution: z.number(),
  /** Where nobody said what to rule out: as coarse as this it may become, as far as the time allows no more. Null: it was said. */
  coarsest: z.number().nullable().default(null),
  /** It is read with all that came of it, and added up. */
  tree: z.boolean().default(false),
  /** Cycles before the first checkpoint; null: until the pace is known. */
  warmup: z.number().nullable(),
  /** Cycles in flight at a time. */
  concurrency: z.number().default(1),
  /** Of a server: the requests that are its cycles, as many at a time as are in flight. */
  load: loadSchema.nullable().default(null),
  cycleTimeoutMs: z.number(),
  /** What a cycle takes in production: the forecast speaks in this time. Null: at the pace of the run. */
  cadenceMs: z.number().nullable(),
  /** Share of the cycles, 0 to 1, that may fail. */
  maxFailedCycles: z.number(),
  drainForMs: z.number(),
  startTimeoutMs: z.number(),
  guards: z.object({ threads: z.number(), memory: z.number() }),
  /** After `teardown` a Node target has so long to leave by itself. */
  exit: z.object({ level: levelSchema, withinMs: z.number() }),
  resources: z.array(plannedResourceSchema),
  /** What is done to the server, or the way to it, while cycles run. */
  faults: z.array(faultSchema).default([]),
  /** What draws the moments of faults that have some choice. */
  seed: z.number().default(1),
  /** Growth that a baseline has accepted, by resource: what grows no faster does not gate. */
  accepted: z.record(z.string(), acceptedSchema).default({}),
})

/** A reading of one resource; null is *no reading*, never zero. */
export const readingsSchema = z.record(z.string(), z.number().nullable())
export const detailSchema = z.record(z.string(), z.record(z.string(), z.number()))

export const hostSchema = z.object({
  os: z.string(),
  kernel: z.string(),
  arch: z.string(),
  cores: z.number(),
  memory: z.number(),
  node: z.string(),
})
export const etcdIdentitySchema = z.object({
  provider: z.enum(['url', 'docker', 'local']),
  version: z.string(),
  endpoints: z.array(z.string()),
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  pace: z.number().nullable(),
  /** Why not what `--etcd auto` tries before it. */
  passedOver: z.array(z.string()),
})

/** The form of a recording; a new number where an old one can no longer be read. */
export const RECORDING_SCHEMA = 'holdwater-recording/3'
export const roleSchema = z.enum(['measure', 'confirm', 'explain'])

export const headerLineSchema = z.object({
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
  /** Where requests go, of a server under load. */
  url: z.string().nullable().default(null),
  /** Scenarios that were soaked side by side, this one included, at most. */
  jobs: z.number().default(1),
  /** The folder that paths are shown relative to: where the scenario's package.json is. */
  project: z.string(),
  /** What repeats this run: the command, the scenario, and the options as they were typed. */
  argv: z.array(z.string()).default([]),
  /** The commit that was soaked, where it is known. */
  revision: z.string().nullable().default(null),
  /** The kernel limits that it runs under, as they were set. */
  limits: z.array(setLimitSchema).default([]),
  plan: planSchema,
})
/** A cheap kernel reading, several a second, for pictures and for the guards. */
export const sampleLineSchema = z.object({
  line: z.literal('sample'),
  ms: z.number(),
  cycles: z.number(),
  readings: readingsSchema,
})
/** The reading before the first cycle, after a full collection: what all growth is held against. */
export const startLineSchema = z.object({
  line: z.literal('start'),
  ms: z.number(),
  readings: readingsSchema,
  /** Of a command: the languages in it whose collector closes files and sockets. */
  collectors: z.array(z.string()).optional(),
})
/** A full reading between two batches, after settling. `drain` checkpoints come after the final drain. */
export const checkpointLineSchema = z.object({
  line: z.literal('checkpoint'),
  ms: z.number(),
  phase: z.enum(['run', 'drain']),
  cycles: z.number(),
  failed: z.number(),
  readings: readingsSchema,
  /** Why a resource has no reading here. */
  unread: z.record(z.string(), z.string()),
  detail: detailSchema,
  /** Of several processes: threads, descriptors and sockets of each, by its number and name. */
  processes: z.record(z.string(), readingsSchema).optional(),
  /** A full collection came before the readings: `heap` and `external` hold no garbage. */
  collected: z.boolean(),
  /** How long settling and reading took. */
  tookMs: z.number(),
  /** Of several that became one: their highest readings. `readings` are their lowest, what stayed. */
  highest: readingsSchema.optional(),
})
export const eventLineSchema = z.object({
  line: z.literal('event'),
  ms: z.number(),
  cycles: z.number(),
  kind: z.enum([
    'warm-up',
    'fault',
    'failed-cycle',
    'guard',
    'memory',
    'drain',
    'etcd',
    'server-reset',
    'server-restart',
    'shard',
    'target',
    'log',
    'recording',
    'interrupted',
  ]),
  text: z.string(),
  /** Of an error: its frames. */
  stack: z.string().optional(),
})
export const endingSchema = z.enum([
  'length',
  'certain-leak',
  'certain-clean',
  'guard',
  'interrupted',
  'etcd-died',
  'target-died',
  'mark-never-seen',
  'failed-cycles',
  'fault-failed',
  'cycle-timeout',
  'crashed',
  'process-ended',
])
export const endLineSchema = z.object({
  line: z.literal('end'),
  ms: z.number(),
  cycles: z.number(),
  failed: z.number(),
  /** Of these, what ran under faults. */
  faulted: z.object({ cycles: z.number(), failed: z.number() }).default({ cycles: 0, failed: 0 }),
  /** Milliseconds spent inside batches, that is, without checkpoints. */
  batchMs: z.number(),
  /** The same two where memory began to be measured, which slows the cycles; null where it was not. */
  beforeMemory: z.object({ cycles: z.number(), batchMs: z.number() }).nullable(),
  ending: endingSchema,
  text: z.string(),
  exit: z.object({ code: z.number().nullable(), signal: z.string().nullable(), stderrTail: z.string() }).nullable(),
  /** Of a program that has left, or fell silent: the limit that its last words speak of. */
  refused: z.object({ resource: crashLineSchema.shape.resource.unwrap(), error: z.string() }).optional(),
})
export const frameSchema = z.object({
  /** An absolute path, or what the runtime calls its own: `node:net`, `<frozen importlib>`. */
  file: z.string(),
  line: z.number(),
  column: z.number(),
  function: z.string(),
})
/** A creation stack, innermost frame first, written before the first ledger that names it. */
export const stackLineSchema = z.object({
  line: z.literal('stack'),
  id: z.number(),
  language: z.enum(['javascript', 'python']),
  frames: z.array(frameSchema),
})
export const ledgerEntrySchema = z.object({
  kind: z.string(),
  /** What it is named after: a thread's name, a descriptor's path, a peer, a constructor, an event. */
  what: z.string().nullable(),
  stack: z.number().nullable(),
  /** Live ones, or bytes. */
  count: z.number(),
  /** Of timeouts: the longest of them ends by itself after so long. */
  endsAfterMs: z.number().optional(),
})
/** What was live at a checkpoint of an explaining run, by kind and creation stack. */
export const ledgerLineSchema = z.object({
  line: z.literal('ledger'),
  ms: z.number(),
  cycles: z.number(),
  entries: z.array(ledgerEntrySchema),
  /** Of which view there is nothing, and why. */
  unread: z.record(z.string(), z.string()),
})
/** Lines of a source file around one that a suspect was made on. */
export const sourceLineSchema = z.object({
  line: z.literal('source'),
  file: z.string(),
  /** The line in question, and the number of the first one given. */
  at: z.number(),
  first: z.number(),
  text: z.array(z.string()),
})
/** How a Node target left after its teardown. */
export const exitLineSchema = z.object({
  line: z.literal('exit'),
  /** It left by itself within `exitWithin`. */
  left: z.boolean(),
  ms: z.number(),
  /** What kept it, grouped. */
  holding: z.array(z.object({ what: z.string(), count: z.number(), at: z.string().nullable() })),
})
export const recordingLineSchema = z.discriminatedUnion('line', [
  headerLineSchema,
  sampleLineSchema,
  startLineSchema,
  checkpointLineSchema,
  eventLineSchema,
  limitsLineSchema,
  faultLineSchema,
  loadLineSchema,
  crashLineSchema,
  endLineSchema,
  stackLineSchema,
  ledgerLineSchema,
  sourceLineSchema,
  exitLineSchema,
])
