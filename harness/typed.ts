/** What may be typed after an option: each parser says what it expected and what came. */
import { InvalidArgumentError } from 'commander'
import { reporterNames, severalNames } from '../reports/names.ts'
import { type Fault, LEAST_ONE_IN, levelSchema, type WantedLimit } from './model.ts'
import type { BudgetOption } from './plan.ts'
import { type Amount, parseAmount, parseDuration, parseRate, parseSize } from './scenario/amounts.ts'
import { faultField } from './scenario/faults.ts'

/** Turns a parse of ours, which gives null for what it cannot read, into one of commander's. */
const expecting =
  <T>(parse: (text: string) => T | null, expected: string) =>
  (text: string): T => {
    const value = parse(text)
    if (value === null) throw new InvalidArgumentError(`Expected ${expected}, got ${JSON.stringify(text)}.`)
    return value
  }

const wholeNumberOf = (text: string): number | null =>
  /^\d[\d,_]*$/.test(text) ? Number(text.replace(/[,_]/g, '')) || null : null

function regularExpressionOf(source: string): { source: string; flags: string } | null {
  try {
    return { source: new RegExp(source).source, flags: '' }
  } catch {
    return null
  }
}

const budget = expecting((text: string): BudgetOption | null => {
  const match = /^(.+?)(?:\.(total|peak))?=(.*)$/.exec(text)
  const level = levelSchema.safeParse(match?.[3])
  if (match && level.success && !match[2]) return { resource: match[1] as string, cap: 'level', value: level.data }
  const value = parseAmount(match?.[3] ?? '')
  if (!match || value === null) return null
  const cap = (match[2] as 'total' | 'peak' | undefined) ?? 'perCycle'
  return { resource: match[1] as string, cap, value }
}, 'RESOURCE=NUMBER, such as threads=0, heap=2kB, rss=500kB/h or fds.peak=100, or RESOURCE=error, warn or off')
const limit = expecting((text: string): WantedLimit | null => {
  const match = /^(?:(threads|fds)=(\d[\d,_]*)|memory=(.*\D.*))$/.exec(text)
  const value = match?.[2] === undefined ? parseSize(match?.[3] ?? '') : wholeNumberOf(match[2])
  return match && value ? { resource: (match[1] ?? 'memory') as WantedLimit['resource'], value } : null
}, 'threads=NUMBER, fds=NUMBER or memory=SIZE, such as threads=64 or memory=512MB')
export const collectLimits = (text: string, list: WantedLimit[]) => {
  const one = limit(text)
  if (list.some(({ resource }) => resource === one.resource))
    throw new InvalidArgumentError(`Expected one limit of ${one.resource}, got another: ${JSON.stringify(text)}.`)
  return [...list, one]
}
const FAULT = 'KIND:WORD=VALUE,…, such as pause:every=500,for=2s'
/** `pause:every=500,for=2s`, `refuse:during=1000..2000`: the words are those of a scenario's `faults`. */
function fault(text: string): Fault {
  const [, kind = '', words = ''] = /^([^:]*):?(.*)$/.exec(text) ?? []
  const pairs = words === '' ? [] : words.split(',').map((word) => word.split('='))
  const numberIn = (value: string) => {
    const range = /^(\d+)\.\.(\d+)$/.exec(value)
    if (range) return [Number(range[1]), Number(range[2])]
    return /^\d+$/.test(value) ? Number(value) : value
  }
  const timed = /^(for|within|by)$/
  const isUnread = ([name = '', value]: string[]) => value === undefined || (timed.test(name) && !parseDuration(value))
  const unread = pairs.find(isUnread)
  if (unread) throw new InvalidArgumentError(`Expected ${FAULT}, got ${JSON.stringify(unread.join('='))}.`)
  const result = faultField.safeParse({
    do: kind,
    ...Object.fromEntries(pairs.map(([name = '', value = '']) => [name, timed.test(name) ? value : numberIn(value)])),
  })
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue?.code === 'unrecognized_keys')
    throw new InvalidArgumentError(`Expected ${FAULT}, got ${JSON.stringify(issue.keys.join(', '))}.`)
  const name = String(issue?.path[0])
  if (name === 'do') throw new InvalidArgumentError(`KIND: expected ${issue?.message}, got ${JSON.stringify(kind)}.`)
  const typed = pairs.find(([word]) => word === name)?.[1]
  const expected = name === 'during' ? 'two cycles, such as during=50..2000' : issue?.message
  throw new InvalidArgumentError(
    `${name}: expected ${expected}, got ${typed === undefined ? 'nothing' : JSON.stringify(typed)}.`,
  )
}
export const collectFaults = (text: string, list: Fault[]) => [...list, fault(text)]
const listOf = (known: readonly string[]) =>
  expecting(
    (text) => {
      const names = text.split(',').map((name) => name.trim())
      return names.every((name) => known.includes(name)) ? names : null
    },
    `a list of ${known.join(', ')}`,
  )
export const [reporters, several] = [listOf(reporterNames), listOf(severalNames)]
/** `--budget NAME=GROWTH` of a series, or of all of them. */
export type SeriesBudget = { resource: string | null; value: Amount }
const seriesBudget = expecting((text): SeriesBudget | null => {
  const match = /^(?:(.+)=)?([^=]*)$/.exec(text)
  const value = parseAmount(match?.[2] ?? '')
  return match && value !== null ? { resource: match[1] ?? null, value } : null
}, 'a growth such as 0.01, 200B or 500kB/h, or NAME=GROWTH')
export const collectBudgets = (text: string, list: BudgetOption[]) => [...list, budget(text)]
export const baselineName = expecting((text) => (/^[^-]/.test(text) ? text : null), 'a name or a path')
const rateUpTo = (most: number, expected: string) =>
  expecting((text) => {
    const rate = parseRate(text)
    return rate !== null && rate > 0 && rate <= most ? rate : null
  }, expected)
const PER_CYCLE = `one leak in ${LEAST_ONE_IN} cycles (1/${LEAST_ONE_IN}) or a finer rate above 0, such as 1/1000`
export const resolution = rateUpTo(1 / LEAST_ONE_IN, PER_CYCLE)
/** Of a process that marks no cycles it is per minute; which it is, the plan says. */
export const resolutionOfAny = rateUpTo(1, `${PER_CYCLE}; of a watch, 1 per minute or finer`)
export const duration = expecting(parseDuration, 'a duration such as 30s or 10m')

export const wholeNumber = (what: string) => expecting(wholeNumberOf, what)
export const regularExpression = expecting(regularExpressionOf, 'a regular expression, such as ^done')
/** Of several series, or of the one that is named. */
export const collectSeriesBudgets = (text: string, list: SeriesBudget[]): SeriesBudget[] => [
  ...list,
  seriesBudget(text),
]
export const moments = expecting((text) => {
  const list = text.split(',').map((one) => (one.trim() === '' ? Number.NaN : Number(one)))
  return list.every(Number.isFinite) ? list.sort((a, b) => a - b) : null
}, 'numbers, such as 3600,7200')
export const seriesKind = expecting((text) => (text === 'count' || text === 'memory' ? text : null), 'count or memory')
