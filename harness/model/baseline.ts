/** A baseline, as a zod schema: small, committed, reviewed in a diff. */
import { z } from 'zod'
import { acceptedSchema } from './recording.ts'

/** The reason of what nobody has given one: whoever reviews the diff is asked to write another. */
export const UNSAID = 'there when this baseline was saved; say why it may stay'

export const BASELINE_SCHEMA = 'holdwater-baseline/1'

export const baselineSchema = z.strictObject({
  schema: z.literal(BASELINE_SCHEMA),
  saved: z.iso.date(),
  /** What growth depends on beside the code. */
  environment: z.strictObject({
    holdwater: z.string(),
    /** Major. */
    node: z.string(),
    /** Major and minor; null where no scenario used one. */
    etcd: z.string().nullable(),
    os: z.string(),
    arch: z.string(),
  }),
  /** Scenario → resource → the growth that is accepted. A scenario without any is clean. */
  scenarios: z.record(z.string(), z.record(z.string(), acceptedSchema.strict())),
})
