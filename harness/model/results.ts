/** results.json, the contract, as zod schemas. */
import { z } from 'zod'
import { faultKindSchema } from './faults.ts'
import { crashLineSchema, setLimitSchema } from './limits.ts'
import { loadResultSchema } from './load.ts'
import {
  acceptedSchema,
  endingSchema,
  etcdIdentitySchema,
  eventLineSchema,
  expectSchema,
  frameSchema,
  hostSchema,
  levelSchema,
  outcomeSchema,
  planSchema,
  roleSchema,
  trendSchema,
  unitSchema,
  verdictSchema,
  viewSchema,
} from './recording.ts'

/** The form of results.json; a new number where an old one no longer says all that a new one does. */
export const RESULTS_SCHEMA = 'holdwater-results/2'

/** What a run ended with when nothing else is known: a verdict per resource and for the run. */
export const reasonCodeSchema = z.enum([
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
  'wanders',
  'daily',
  'restarted',
  'not-read',
  'not-judged',
  'within-reach',
  'grew-before',
  'grew-unseen',
  'held-while-busy',
  'grows-under-load',
  'grows-until-refused',
  'falls',
  'stopped-being-read',
  'no-gate',
  'no-checkpoints',
  'cut-short',
  'running',
  ...endingSchema.exclude(['length', 'certain-leak', 'certain-clean']).options,
  'unstartable',
  'command-missing',
  'not-confirmed',
  'within-cap',
  'within-total',
  'may-be-collected',
  'perhaps-worse',
  'late-growth',
  'grows-under-faults',
  'few-faults',
  'no-fault',
  'unreadable',
  'environment-missing',
  'holds-process',
])

/** A frame as it is shown: its path relative to the project, and whose code it is. */
export const shownFrameSchema = frameSchema.extend({
  part: z.enum(['own', 'library', 'runtime']),
  /** Of a library: its package. */
  package: z.string().nullable(),
})
/** What grew at every checkpoint of the explaining run, by where it was made. */
export const suspectSchema = z.object({
  /** The leaking resource it is counted in, and all that it shows on. */
  resource: z.string(),
  resources: z.array(z.string()),
  kind: z.string(),
  what: z.string().nullable(),
  unit: unitSchema,
  /** How many were left over, or how many bytes. */
  count: z.number(),
  growthPerCycle: z.number(),
  /** One sentence: what, how many per cycle, where made, what would release it. */
  sentence: z.string(),
  /** The call that would release it, where it is known. */
  release: z.string().nullable(),
  /** It ends by itself after so long, if nobody sets it anew; null where it does not, or no run was short enough to miss that. */
  endsAfterMs: z.number().nullable().default(null),
  language: z.enum(['javascript', 'python']).nullable(),
  /** Empty where only a name is known. Innermost first. */
  stack: z.array(shownFrameSchema),
  /** Which frame of the stack it is shown by. */
  at: z.number().nullable(),
  source: z.object({ at: z.number(), first: z.number(), text: z.array(z.string()) }).nullable(),
})

export const resourceResultSchema = z.object({
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
  /** How fast it grew, with a 95 % interval that says how steady that was: what comparisons go by. */
  trend: trendSchema.nullable(),
  /** What it grew by under faults, and without; null where there were none, or it is memory. */
  underFaults: z
    .object({
      /** That ran under faults, or in their aftermath where it grew there, too; and how many of them failed. */
      cycles: z.number(),
      failed: z.number(),
      /** Per cycle that ran under a fault. */
      growthPerCycle: z.number(),
      /** Per cycle that failed under one; null where none did. */
      perFailedCycle: z.number().nullable(),
      /** The least growth per cycle under faults that could have been ruled out. */
      detectable: z.number().nullable(),
      /** Per cycle that ran without. */
      without: z.number().nullable(),
      /** Under which it grew. */
      kinds: z.array(faultKindSchema),
    })
    .nullable()
    .default(null),
  /** Growth that a baseline has accepted, where this is no worse. */
  accepted: acceptedSchema.nullable(),
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
      /** Of the limit, where it is not that of the resource. */
      unit: unitSchema.optional(),
    })
    .nullable(),
})

export const runSchema = z.object({
  scenario: z.string(),
  title: z.string(),
  file: z.string(),
  expect: expectSchema,
  /** `known`: nothing leaks but what a baseline accepts. */
  verdict: z.enum([...verdictSchema.options, 'known']).nullable(),
  /** The rate per cycle that *clean* had to rule out of counts; null where nothing was judged. */
  resolution: z.number().nullable().default(null),
  outcome: outcomeSchema,
  reasonCode: reasonCodeSchema.nullable(),
  /** One sentence, the same in every report. */
  reason: z.string(),
  /** What the process dies of, and when: a sentence; or that it meets no limit, as what leaks ends by itself; null where nothing will kill it. */
  forecast: z.string().nullable(),
  /** The command that repeats it. */
  reproduce: z.string().nullable(),
  /** The Node of the target. */
  node: z.string().nullable(),
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
  suspects: z.array(suspectSchema),
  /** What of a leak could not be explained, and why. */
  unexplained: z.array(z.string()),
  exit: z
    .object({
      code: z.number().nullable(),
      signal: z.string().nullable(),
      stderrTail: z.string(),
      /** Whether it left by itself after its teardown; null where that was not asked. */
      left: z.boolean().nullable(),
      /** What holds the process. */
      holding: z.array(z.object({ what: z.string(), count: z.number(), at: z.string().nullable() })),
    })
    .nullable(),
  guard: z.string().nullable(),
  /** The kernel limits that it ran under, by what mechanism, and how often the kernel refused where it counts. */
  limits: z.array(setLimitSchema.extend({ refusals: z.number().nullable() })).default([]),
  /** What the run was about, where it was run until it crashes or met a limit. */
  crash: crashLineSchema
    .omit({ line: true })
    .extend({
      /** One sentence: when, of what, and what it said. */
      sentence: z.string(),
      /** What was forecast half way, in cycles from the start, and for which resource. */
      forecast: z
        .object({
          at: z.number(),
          resource: z.string(),
          source: z.string(),
          limit: z.number(),
          cycles: z.number(),
          low: z.number(),
          high: z.number(),
        })
        .nullable(),
    })
    .nullable()
    .default(null),
  /** What was done to the server while cycles ran, by kind: how often, the cycles that ran under it, and how long it took. */
  faults: z
    .array(z.object({ do: faultKindSchema, times: z.number(), cycles: z.number(), failed: z.number(), ms: z.number() }))
    .default([]),
  /** What became of the requests, of a server under load. */
  load: loadResultSchema.nullable().default(null),
  /** What a cycle is, in every number that is per cycle. */
  cycleUnit: planSchema.shape.cycleUnit,
  events: z.array(eventLineSchema.omit({ line: true })),
  /** The page of a profile, relative to results.json, or why there is none. */
  profile: z.object({ tool: z.string(), path: z.string().nullable(), reason: z.string().nullable() }).nullable(),
  recordings: z.array(z.object({ path: z.string(), role: roleSchema })),
})

export const resultsSchema = z.object({
  schema: z.literal(RESULTS_SCHEMA),
  tool: z.string(),
  host: hostSchema,
  startedAt: z.string(),
  /** The commit that was soaked, where it is known. */
  revision: z.string().nullable(),
  /** The baseline that leaks were held against, and in what its environment differs from this one. */
  baseline: z
    .object({
      name: z.string(),
      mismatch: z.array(z.string()),
      /** What it accepts and nothing leaks of, as `scenario: resource`. */
      unneeded: z.array(z.string()).default([]),
    })
    .nullable(),
  runs: z.array(runSchema),
})
