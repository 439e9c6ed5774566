/** Faults as a person writes them, in a scenario or after `--fault`, checked: what each is, and that no two meet. */
import { z } from 'zod'
import { type Fault, faultKindSchema, SERVER_FAULTS, startOf } from '../model.ts'
import { duration, positive, wholeNumber } from './amounts.ts'

const DEFAULT_FOR_MS = 1000
const DEFAULT_DELAY_MS = 500

const kinds = faultKindSchema.options

/** What only looks like a kind. */
const ends: Record<string, string> = { resume: ': what is paused is resumed by itself, after its `for` or `cycles`' }

/** One fault: when it begins and how long it lasts, each in one of the ways there are to say it. */
export const faultField = z
  .strictObject(
    {
      do: z.enum(kinds, {
        error: ({ input }) => `${kinds.join(', ')}${ends[String(input)] ?? ''}`,
      }),
      at: wholeNumber.optional(),
      every: positive.optional(),
      from: wholeNumber.optional(),
      during: z
        .tuple([wholeNumber, wholeNumber], 'two cycles: [from, to]')
        .refine(([from, to]) => from < to, 'two cycles, the first before the second: [from, to]')
        .optional(),
      for: duration.optional(),
      cycles: positive.optional(),
      within: duration.optional(),
      node: z.union([positive, z.literal('leader')], "the number of a node, from 1 on, or 'leader'").optional(),
      by: duration.optional(),
    },
    { error: "{ do: 'pause', every: 500, for: '2s' }" },
  )
  .superRefine((fault, context) => {
    const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    const begins = (['at', 'every', 'during'] as const).filter((name) => fault[name] !== undefined)
    if (begins.length === 0) wrong('every', 'a number of cycles, or `at`, or `during`: when it begins')
    if (begins.length > 1) wrong(begins[1] as string, `no \`${begins[1]}\` beside \`${begins[0]}\``)
    if (fault.from !== undefined && fault.every === undefined) wrong('from', 'no `from` without `every`')
    if (fault.for !== undefined && fault.cycles !== undefined) wrong('cycles', 'no `cycles` beside `for`')
    for (const name of ['for', 'cycles'] as const) {
      if (fault[name] === undefined) continue
      if (fault.during) wrong(name, `no \`${name}\` beside \`during\``)
      if (fault.do === 'restart') wrong(name, `no \`${name}\`: a restart lasts as long as etcd takes`)
    }
    if (fault.during && fault.do === 'restart') wrong('during', 'no `during`: a restart lasts as long as etcd takes')
    if (fault.by !== undefined && fault.do !== 'delay' && fault.do !== 'slow-dns')
      wrong('by', 'no `by` but with `delay` and `slow-dns`')
    if (fault.node !== undefined && !SERVER_FAULTS.some((kind) => kind === fault.do))
      wrong('node', `no \`node\` but with ${SERVER_FAULTS.join(', ')}`)
    if (fault.every !== undefined && (fault.cycles ?? 1) >= Math.max(2, fault.every))
      wrong('cycles', `fewer than its \`every\` of ${fault.every}`)
  })
  .transform(({ do: kind, at, every, from, during, for: forMs, cycles, within, node, by }): Fault => {
    const lasts = kind === 'restart' ? 0 : forMs
    return {
      do: kind,
      at: at ?? null,
      every: every ?? null,
      from: every === undefined ? null : (from ?? every),
      during: during ?? null,
      forMs: lasts ?? (cycles === undefined && during === undefined ? DEFAULT_FOR_MS : null),
      cycles: cycles ?? (during ? during[1] - during[0] : null),
      withinMs: within ?? 0,
      node: node ?? null,
      byMs: by ?? DEFAULT_DELAY_MS,
    }
  })

/** Cycles that are sure to be under it, each time: one at least. */
const widthOf = ({ cycles }: Fault): number => cycles ?? 1

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

function meet(one: Fault, other: Fault): boolean {
  if (one.every !== null && other.every !== null) {
    const g = gcd(one.every, other.every)
    const apart = (((startOf(one) - startOf(other)) % g) + g) % g
    return apart < widthOf(other) || g - apart < widthOf(one)
  }
  const [once, often] = one.every === null ? [one, other] : [other, one]
  const [from, to] = [startOf(once), startOf(once) + widthOf(once)]
  const start = startOf(often, from - widthOf(often) + 1)
  return start < to && start + widthOf(often) > from
}

/** `pause every 500 cycles` */
const faultText = ({ do: kind, at, every, from, during }: Fault): string => {
  if (during) return `${kind} during cycles ${during[0]} to ${during[1]}`
  return every === null ? `${kind} at cycle ${at}` : `${kind} every ${every} cycles from ${from} on`
}

/** @returns what two of them are at the same time, or null */
export function overlapOf(faults: readonly Fault[]): string | null {
  for (const [i, one] of faults.entries())
    for (const other of faults.slice(i + 1))
      if (meet(one, other)) return `${faultText(one)}, and ${faultText(other)}, would meet: one at a time`
  return null
}
