/** Load: requests over HTTP that a server is soaked by, as zod schemas. A cycle is a request. */
import { z } from 'zod'

/** What the plan fixes of it; where it goes is known once the server is there, and is in the header. */
export const loadSchema = z.object({
  /** A program, or the scenario's own process, in which `setup` starts the server. */
  of: z.enum(['command', 'module']),
  /** Requests per second at most, on average; null: each connection sends the next as soon as it has its answer. */
  rate: z.number().nullable(),
  /** When clients hang up, where no answer has come by then; null: they wait. */
  hangUpAfterMs: z.number().nullable(),
})

/** Milliseconds from a request to the end of its answer. */
const latencySchema = z.object({ p50: z.number(), p90: z.number(), p99: z.number(), max: z.number() })

/** What became of some requests. */
export const loadedSchema = z.object({
  requests: z.number(),
  /** No answer, or one that says 400 or more. */
  failed: z.number(),
  /** What clients hung up on, as they were to. */
  hungUp: z.number(),
  /** How often each, as `HTTP 503` or `ECONNRESET`. */
  failures: z.record(z.string(), z.number()),
  /** Of those that were answered; null where none was. */
  latency: latencySchema.nullable(),
})

export const loadLineSchema = loadedSchema.extend({
  line: z.literal('load'),
  ms: z.number(),
  cycles: z.number(),
  /** How long the batch took. */
  tookMs: z.number(),
  /** It ran, or a part of it, while a fault lasted. */
  faulted: z.boolean(),
  /** All since the warm-up, this batch included. */
  total: loadedSchema,
})

/** The load of a run, in its results. */
export const loadResultSchema = loadedSchema.extend({
  url: z.string(),
  connections: z.number(),
  rate: z.number().nullable(),
  hangUpAfterMs: z.number().nullable(),
  perSecond: z.number().nullable(),
  /** Requests per second in the first and the last third of what can be compared; null where too little can be. */
  throughput: z.object({ first: z.number(), last: z.number(), decays: z.boolean() }).nullable(),
})
