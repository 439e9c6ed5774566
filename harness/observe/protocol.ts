/** What the harness and the probe say to each other over the channel of a Node target. */
import { z } from 'zod'
import { exitLineSchema, frameSchema, ledgerEntrySchema, readingsSchema } from '../model.ts'

/** What a scenario is told of its etcd. */
export type EtcdSeen = {
  endpoints: string[]
  hosts: string[]
  ca: string | null
  auth: { username: string; password: string } | null
}

/** What the harness asks; the probe answers each before the next. `stop` is no question: it ends a batch early. */
export type Ask =
  | { ask: 'describe'; file: string }
  | { ask: 'load'; file: string; etcd: EtcdSeen | null; dir: string }
  /** Keep a ledger from now on. `memory`: also of where memory is allocated, `objects`: and how many of each constructor there are, `finely`: down to single ones; `calls`: and which calls are made; `holding`: of what may keep the process, too. */
  | {
      ask: 'open-ledger'
      project: string
      memory: boolean
      objects: boolean
      finely: boolean
      calls: boolean
      holding: boolean
    }
  | { ask: 'read-ledger' }
  | { ask: 'setup' }
  /** After setup: whose listeners are counted. */
  | { ask: 'emitters' }
  /** What to run: program and arguments. */
  | { ask: 'command' }
  /** Where requests go, of a server. */
  | { ask: 'url' }
  /** `concurrency`: cycles in flight; `leastMs`: what a cycle takes at least, on average, with the wait after it; 0: no wait. */
  | { ask: 'batch'; from: number; count: number; concurrency: number; cycleTimeoutMs: number; leastMs: number }
  /** `collect`: with a full collection first, in any case. */
  | { ask: 'read'; collect: boolean }
  | { ask: 'teardown' }
  /** After teardown: what keeps the process from leaving. */
  | { ask: 'holding' }

export const answerSchemas = {
  describe: z.object({ form: z.enum(['scenario', 'module']), fields: z.record(z.string(), z.unknown()) }),
  load: z.object({}),
  'open-ledger': z.object({}),
  'read-ledger': z.object({
    entries: z.array(
      ledgerEntrySchema.extend({
        /** The server's own numbers of what it holds: only those it still has count. */
        ids: z.array(z.string()).optional(),
      }),
    ),
    stacks: z.array(z.object({ id: z.number(), frames: z.array(frameSchema) })),
    /** Lines of files that only a source map has. */
    sources: z.array(z.object({ file: z.string(), at: z.number(), first: z.number(), text: z.array(z.string()) })),
    unread: z.string().nullable(),
  }),
  setup: z.object({}),
  emitters: z.object({}),
  command: z.object({ argv: z.array(z.string()).min(1) }),
  url: z.object({ url: z.unknown() }),
  batch: z.object({ cycles: z.number(), failed: z.number(), batchMs: z.number() }),
  read: z.object({
    readings: readingsSchema,
    unread: z.record(z.string(), z.string()),
    detail: z.record(z.string(), z.record(z.string(), z.number())),
    serverState: z.record(z.string(), z.number()),
    collected: z.boolean(),
    /** Bytes; null of a command's scenario. */
    heapLimit: z.number().nullable(),
    /** What V8 holds of the process: its heap as it is committed, and what objects hold outside it, in bytes; null of a command's scenario. */
    v8Memory: z.number().nullable(),
  }),
  teardown: z.object({}),
  holding: z.object({ holding: exitLineSchema.shape.holding }),
}
export type Answer<Name extends Ask['ask']> = z.infer<(typeof answerSchemas)[Name]>

const askNameSchema = z.enum([
  'describe',
  'load',
  'open-ledger',
  'read-ledger',
  'setup',
  'emitters',
  'command',
  'url',
  'batch',
  'read',
  'teardown',
  'holding',
])

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
  /** `index` null: the probe does not know the number of the cycle. `stack`: its frames. */
  z.object({
    tells: z.literal('failed-cycle'),
    index: z.number().nullable(),
    message: z.string(),
    stack: z.string().optional(),
  }),
  /** Cycles that failed when none was under way any more. */
  z.object({ tells: z.literal('failed-afterwards'), failed: z.number() }),
  z.object({ tells: z.literal('log'), text: z.string() }),
  /** `uncaught`: what nobody caught in that cycle. */
  z.object({ tells: z.literal('hung'), index: z.number(), uncaught: z.string().nullable() }),
  /** `at`: the frame that called process.exit(), where there was one; `handled`: the error that a handler of the scenario's took last. */
  z.object({
    tells: z.literal('exiting'),
    code: z.number(),
    inCycle: z.boolean(),
    at: z.string().nullable(),
    handled: z.string().nullable(),
  }),
  /** Node ends the target for an error that nobody caught. */
  z.object({ tells: z.literal('dying'), message: z.string(), stack: z.string() }),
])
type Tell = z.infer<typeof tellSchema>
/** News: what the probe tells without being asked. */
export type News = Exclude<Tell, { tells: 'answer' | 'error' | 'ready' }>
