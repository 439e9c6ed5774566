/** What the describe child says of a scenario, checked: every fault names the file, the field, what was expected and what came. */
import { z } from 'zod'
import { UsageError } from '../errors.ts'
import { expectSchema, LEAST_ONE_IN, levelSchema } from '../model.ts'
import { amount, duration, parsed, parseShare, parseSize, positive, rate, wholeNumber } from './amounts.ts'
import { faultField, overlapOf } from './faults.ts'
import { loadField } from './load.ts'
import { functionOr, isFunction, isRegExp } from './values.ts'

const functionField = functionOr('a function')

const budgetEntrySchema = z.union(
  [
    amount.transform((perCycle) => ({ perCycle })),
    z.strictObject({
      perCycle: amount.optional(),
      total: amount.optional(),
      peak: amount.optional(),
      level: levelSchema.optional(),
    }),
  ],
  { error: "a number, a size such as '200 B', or { perCycle, total, peak, level: 'error' | 'warn' | 'off' }" },
)

/** How long a cycle may take. */
export const DEFAULT_CYCLE_TIMEOUT_MS = 10_000
/** More would be a test of the machine. */
const MOST_NODES = 5

const knownFields = z.strictObject({
  title: z.string('a sentence').min(1, 'a sentence'),
  cycle: functionField.optional(),
  command: functionField.optional(),
  cycleMark: z
    .custom<{ $regexp: string; flags: string }>(isRegExp, 'a regular expression, such as /^done/')
    // A global or sticky expression would go on where it last matched.
    .transform(({ $regexp, flags }) => ({ source: $regexp, flags: flags.replace(/[gy]/g, '') }))
    .optional(),
  install: z.string('a line that says how to install the command').optional(),
  needs: z
    .strictObject(
      {
        etcd: z
          .union(
            [
              z.boolean(),
              z.strictObject({
                nodes: positive.max(MOST_NODES).default(1),
                tls: z.boolean().default(false),
                auth: z.boolean().default(false),
              }),
            ],
            {
              error: `true, false or { nodes: 3, tls: true, auth: true }, of ${MOST_NODES} nodes at most`,
            },
          )
          .transform((etcd) => (etcd === true ? { nodes: 1, tls: false, auth: false } : etcd))
          .optional(),
        command: z.string('the name or path of a program').min(1, 'the name or path of a program').optional(),
      },
      { error: "{ etcd: true, command: 'NAME' }" },
    )
    .optional(),
  budget: z
    .object({ exit: levelSchema.optional() }, { error: 'an object of resources, such as { sockets: 0 }' })
    .catchall(budgetEntrySchema)
    .optional(),
  expect: expectSchema.optional(),
  resolution: rate
    .refine(
      (value) => value > 0 && value <= 1 / LEAST_ONE_IN,
      `one leak in ${LEAST_ONE_IN} cycles ('1/${LEAST_ONE_IN}') or a finer rate above 0, such as '1/1000'`,
    )
    .optional(),
  cycles: positive.optional(),
  for: duration.optional(),
  warmup: wholeNumber.optional(),
  guards: z
    .strictObject({ threads: positive.optional(), memory: parsed(parseSize, "a size such as '2 GB'").optional() })
    .optional(),
  concurrency: positive.optional(),
  cadence: duration.optional(),
  cycleTimeout: duration.optional(),
  maxFailedCycles: parsed(parseShare, "a share such as '1 %' or 0.01").optional(),
  drainFor: duration.optional(),
  tree: z.boolean('true or false').optional(),
  exitWithin: duration.optional(),
  uncaught: z.enum(['fail-cycle', 'crash']).optional(),
  faults: z.array(faultField, "a list of faults, such as [{ do: 'pause', every: 500, for: '2s' }]").optional(),
  load: loadField.optional(),
  track: z
    .array(
      z.custom<{ $function: string }>((v) => isFunction(v) && v.$function !== '', 'a named class'),
      'an array of named classes',
    )
    .optional(),
  emitters: functionField.optional(),
  setup: functionField.optional(),
  drain: functionField.optional(),
  teardown: functionField.optional(),
  serverState: functionField.optional(),
})
/** What only a target with our probe in it can have, one that waits between batches, our own cycles, and a command that counts. */
const ofProbe = ['track', 'emitters', 'drain', 'exitWithin', 'uncaught'] as const
const ofBatches = ['maxFailedCycles', 'drainFor'] as const
const ofCycle = ['concurrency'] as const
const ofCommand = ['cycleMark'] as const

/** What a kind of target cannot have, and with which it could. */
function misplaced({ command, load }: { command?: unknown; load?: unknown }): [readonly string[], string] {
  if (command && load) return [ofProbe, '`cycle`']
  if (command) return [[...ofProbe, ...ofBatches, ...ofCycle], '`cycle`']
  return load ? [[], ''] : [ofCommand, '`command`']
}

const fieldsSchema = knownFields.superRefine((fields, context) => {
  const fault = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
  if (fields.cycle && fields.command) fault('command', 'either `cycle` or `command`, not both')
  if (fields.cycle && fields.load) fault('load', 'either `cycle` or `load`, not both: under load a request is a cycle')
  if (!fields.cycle && !fields.command && !fields.load)
    fault('cycle', 'a function, or `command`: what to run instead, or `load` on a server')
  if (fields.command && !fields.cycleMark && !fields.load)
    fault('cycleMark', 'a regular expression: which line of output is one cycle')
  if (fields.concurrency && fields.load) fault('concurrency', '`load.connections` instead')
  if (fields.cycleMark && fields.load) fault('cycleMark', 'either `cycleMark` or `load`, not both')
  if (fields.load && !fields.command && !fields.setup) fault('setup', 'a function that starts the server, or `command`')
  if (fields.load?.amount && fields.cycles) fault('cycles', 'no `cycles` beside `load.amount`: a request is a cycle')
  if (fields.load?.forMs && fields.for) fault('for', 'no `for` beside `load.duration`')
  if ((fields.load?.hangUpAfterMs ?? 0) >= (fields.cycleTimeout ?? DEFAULT_CYCLE_TIMEOUT_MS))
    context.addIssue({ code: 'custom', path: ['load', 'hangUpAfter'], message: 'less than `cycleTimeout`' })
  if (fields.install !== undefined && !fields.needs?.command) fault('install', 'no such field without `needs.command`')
  const meeting = overlapOf(fields.faults ?? [])
  if (meeting) fault('faults', `faults that never meet (${meeting})`)
  const [without, instead] = misplaced(fields)
  for (const field of without)
    if (fields[field as keyof typeof fields] !== undefined) fault(field, `no such field without ${instead}`)
})
export type ScenarioFields = z.infer<typeof fieldsSchema>

const moduleFields = ['cycle', 'setup', 'drain', 'teardown', 'serverState']

const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (isFunction(value)) return 'a function'
  if (isRegExp(value)) return `/${value.$regexp}/${value.flags}`
  if (typeof value === 'object' && value !== null && '$number' in value) return String(value.$number)
  return JSON.stringify(value)
}

const valueAt = (fields: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], fields)

/** What one zod issue means to the person who wrote the field. */
function sentence(file: string, fields: unknown, issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const where = field ? `${field}.` : ''
    const known = field ? '' : ` Known fields: ${Object.keys(knownFields.shape).join(', ')}.`
    return `${file}: unknown field ${issue.keys.map((key) => `\`${where}${key}\``).join(', ')}.${known}`
  }
  const expected =
    issue.code === 'invalid_value' ? issue.values.map((v) => JSON.stringify(v)).join(' or ') : issue.message
  return `${file}: field \`${field}\`: expected ${expected}, got ${shown(valueAt(fields, issue.path))}`
}

/**
 * Checks a description.
 * @throws UsageError with one line per fault
 */
export function checkFields(
  file: string,
  name: string,
  form: 'scenario' | 'module',
  fields: Record<string, unknown>,
): ScenarioFields {
  // A plain module may export anything else besides; it has no fields to get wrong.
  const own =
    form === 'scenario'
      ? fields
      : {
          title: name,
          ...Object.fromEntries(
            Object.entries(fields).filter(([key, v]) => moduleFields.includes(key) && isFunction(v)),
          ),
        }
  const result = fieldsSchema.safeParse(own)
  if (result.success) return result.data
  throw new UsageError(result.error.issues.map((issue) => sentence(file, own, issue)).join('\n'))
}
