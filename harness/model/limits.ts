/** Limits: those that there are, those that were asked for, and the crash of what met one; as zod schemas. */
import { z } from 'zod'

/** What a kernel limit may be set on. */
const limitedSchema = z.enum(['threads', 'fds', 'memory'])
/** A number of threads or descriptors, or bytes. */
export const wantedLimitSchema = z.object({ resource: limitedSchema, value: z.number() })
/** A limit as it was set, and by what mechanism. */
export const setLimitSchema = wantedLimitSchema.extend({ mechanism: z.string() })

/** A limit that would end the target, and how much of it is used, counted in the limit's own scope. */
export const limitSchema = z.object({
  /** `maps`: of memory, in mappings. */
  resource: z.enum(['threads', 'fds', 'memory', 'maps', 'heap']),
  source: z.string(),
  limit: z.number(),
  now: z.number(),
})
/** At the start, at the end where the target still lives, and at every checkpoint of a run until it crashes; the last one counts. */
export const limitsLineSchema = z.object({
  line: z.literal('limits'),
  ms: z.number(),
  cycles: z.number(),
  limits: z.array(limitSchema),
})
/** The first cycle that a limit refused, or the death of a target that was run until then. */
export const crashLineSchema = z.object({
  line: z.literal('crash'),
  ms: z.number(),
  /** Cycles before it. */
  cycles: z.number(),
  /** What was refused, where that is known. */
  resource: z.enum(['threads', 'fds', 'memory', 'heap']).nullable(),
  /** What the target's own language said of it. */
  error: z.string().nullable(),
  /** How often the kernel refused, where it counts. */
  refusals: z.number().nullable(),
  /** The target lives on. */
  survived: z.boolean(),
})
