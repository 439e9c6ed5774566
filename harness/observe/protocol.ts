/** What the harness and the probe say to each other over the channel of a Node target. */
import { z } from 'zod'
import { readingsSchema } from '../model.ts'

/** What the harness asks; the probe answers each before the next. `stop` is no question: it ends a batch early. */
export type Ask =
  | { ask: 'describe'; file: string }
  | { ask: 'load'; file: string; etcd: { endpoints: string[]; hosts: string[] } | null; dir: string }
  | { ask: 'setup' }
  /** What to run: program and arguments. */
  | { ask: 'command' }
  /** `leastMs`: what a cycle takes at least, on average, with the wait after it; 0: no wait. */
  | { ask: 'batch'; from: number; count: number; cycleTimeoutMs: number; leastMs: number }
  /** `collect`: with a full collection first, in any case. */
  | { ask: 'read'; collect: boolean }
  | { ask: 'teardown' }

export const answerSchemas = {
  describe: z.object({ form: z.enum(['scenario', 'module']), fields: z.record(z.string(), z.unknown()) }),
  load: z.object({}),
  setup: z.object({}),
  command: z.object({ argv: z.array(z.string()).min(1) }),
  batch: z.object({ cycles: z.number(), failed: z.number(), batchMs: z.number() }),
  read: z.object({
    readings: readingsSchema,
    unread: z.record(z.string(), z.string()),
    detail: z.record(z.string(), z.record(z.string(), z.number())),
    serverState: z.record(z.string(), z.number()),
    collected: z.boolean(),
    /** Bytes; null of a command's scenario. */
    heapLimit: z.number().nullable(),
  }),
  teardown: z.object({}),
}
export type Answer<Name extends Ask['ask']> = z.infer<(typeof answerSchemas)[Name]>

const askNameSchema = z.enum(['describe', 'load', 'setup', 'command', 'batch', 'read', 'teardown'])

/** What the probe tells: answers and errors to what was asked, and news in between. */
export const tellSchema = z.discriminatedUnion('tells', [
  z.object({ tells: z.literal('ready'), version: z.string() }),
  z.object({ tells: z.literal('answer'), to: askNameSchema, answer: z.unknown() }),
  z.object({
    tells: z.literal('error'),
    to: askNameSchema,
    message: z.string(),
    stack: z.string().nullable(),
  }),
  z.object({ tells: z.literal('progress'), cycles: z.number(), failed: z.number() }),
  z.object({ tells: z.literal('failed-cycle'), index: z.number(), message: z.string() }),
  z.object({ tells: z.literal('log'), text: z.string() }),
  z.object({ tells: z.literal('hung'), index: z.number() }),
  z.object({ tells: z.literal('exiting'), code: z.number() }),
])
type Tell = z.infer<typeof tellSchema>
/** News: what the probe tells without being asked. */
export type News = Exclude<Tell, { tells: 'answer' | 'error' | 'ready' }>
