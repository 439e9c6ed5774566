/** Faults: what is done to the server, or to the way to it, while cycles run; as zod schemas. */
import { z } from 'zod'

/** To the server: a signal, or what the engine does to its container. */
export const SERVER_FAULTS = ['pause', 'restart', 'kill'] as const
/** To the way to it, by a proxy on loopback. */
export const WIRE_FAULTS = ['refuse', 'reset', 'delay', 'blackhole'] as const
/** To the names by which it is found, by a DNS server on loopback. */
export const DNS_FAULTS = ['dns-failure', 'slow-dns'] as const
/** To what it lets in, and to what it shows. */
const ACCESS_FAULTS = ['wrong-password', 'expired-certificate'] as const
export const faultKindSchema = z.enum([...SERVER_FAULTS, ...WIRE_FAULTS, ...DNS_FAULTS, ...ACCESS_FAULTS])

/** A fault as the plan fixes it. Of `at`, `every` and `during` one is there, and of `forMs` and `cycles` one at most. */
export const faultSchema = z.object({
  do: faultKindSchema,
  /** The cycle before which it begins. */
  at: z.number().nullable(),
  /** It begins before cycle `from`, and again every so many cycles. */
  every: z.number().nullable(),
  from: z.number().nullable(),
  /** From the first of these cycles until before the second. */
  during: z.tuple([z.number(), z.number()]).nullable(),
  /** How long it lasts. */
  forMs: z.number().nullable(),
  cycles: z.number().nullable(),
  /** It begins at a moment of these first milliseconds of its first cycle, drawn by the seed; 0: before that cycle. */
  withinMs: z.number(),
  /** Of a cluster the node, from 1 on, that a fault of the server is done to, or whichever leads then; null: all. */
  node: z
    .union([z.number(), z.literal('leader')])
    .nullable()
    .default(null),
  /** What `delay` and `slow-dns` add to every answer. */
  byMs: z.number(),
})

type When = Pick<z.infer<typeof faultSchema>, 'at' | 'every' | 'from' | 'during'>

/** The first cycle that a fault begins with; of one that repeats, the first at or after `cycle`. */
export function startOf({ at, every, from, during }: When, cycle = 0): number {
  const start = at ?? from ?? during?.[0] ?? 0
  return every === null ? start : start + Math.max(0, Math.ceil((cycle - start) / every)) * every
}

const momentSchema = z.object({ ms: z.number(), cycles: z.number(), failed: z.number() })
/** A fault that is over: no cycle that began under it still runs, and one has worked since, if any would. */
export const faultLineSchema = z.object({
  line: z.literal('fault'),
  do: faultKindSchema,
  from: momentSchema,
  /** When it was over, and the last cycle that had begun under it had ended. */
  lifted: momentSchema,
  to: momentSchema,
})
