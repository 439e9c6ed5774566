/** Amounts as a person writes them, in a scenario or on the command line: durations, sizes, rates, shares. */
import bytes from 'bytes'
import ms from 'ms'
import { z } from 'zod'
import { UsageError } from '../errors.ts'
import type { Unit } from '../model.ts'

/** '10 s', '2m' or a number of milliseconds → milliseconds. */
export function parseDuration(text: string | number): number | null {
  // A number without its unit says nothing on a command line.
  if (typeof text === 'string' && /^\s*[\d.]*\s*$/.test(text)) return null
  const value = typeof text === 'number' ? text : ms(text as ms.StringValue)
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
}

/** '2 GB' or a number of bytes → bytes; 1 kB is 1,024 bytes. */
const sizeForm = /^\s*\d+(\.\d+)?\s*([kmgt]?i?b|[kmgt])?\s*$/i
export function parseSize(text: string | number): number | null {
  if (!sizeForm.test(String(text))) return null
  const value = bytes.parse(String(text).replace(/i?b?\s*$/i, 'b'))
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null
}

/** '1/1000', '0.01' or a number → growth per cycle. */
export function parseRate(text: string | number): number | null {
  const fraction = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\s*$/.exec(String(text))
  const value = fraction ? Number(fraction[1]) / Number(fraction[2]) : Number(String(text).trim() || Number.NaN)
  return Number.isFinite(value) && value >= 0 ? value : null
}

/** '1 %', '0.01' or a number → share, 0 to 1. */
export function parseShare(text: string | number): number | null {
  const percent = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(String(text))
  const value = percent ? Number(percent[1]) / 100 : parseRate(text)
  return value !== null && value <= 1 ? value : null
}

/**
 * Growth as it is written: a number, or a size – which of them it may be, only the resource that it is for says –, of a cycle or, where it
 * says so, of so many ms.
 */
export type Amount = number | { value: number; isSize: boolean; perMs: number | null; typed: string }

const perTime = /^(.*[^\s])\s*\/\s*(cycle|s|sec|second|min|minute|h|hour|d|day)$/i

/** '0.01', '1/1000', '2 kB', '2kB/cycle', '500 kB/h', '3/day'. */
export function parseAmount(text: string | number): Amount | null {
  const typed = String(text)
  const [, growth = typed, per = ''] = perTime.exec(typed) ?? []
  const number = parseRate(growth)
  const isOfCycle = /^(cycle)?$/i.test(per)
  if (number !== null && isOfCycle) return number
  const value = number ?? parseSize(growth)
  const perMs = isOfCycle ? null : ms(`1 ${per}` as ms.StringValue)
  return value === null ? null : { value, isSize: number === null, perMs, typed }
}

/**
 * As a number of what a resource is read in, per cycle.
 * @param from where it was written
 * @param cycleMs what a cycle takes; null where a cycle has no time of its own
 * @throws UsageError for a size of what is counted, and for a time where cycles have none
 */
export function numberOf(amount: Amount, unit: Unit, from: string, cycleMs: number | null = null): number {
  if (typeof amount === 'number') return amount
  const { value, isSize, perMs, typed } = amount
  if (isSize && unit !== 'bytes')
    throw new UsageError(`${from}: expected a count, such as 8, got ${JSON.stringify(typed)}: sizes are for memory`)
  if (perMs === null) return value
  if (cycleMs !== null) return (value * cycleMs) / perMs
  throw new UsageError(
    `${from}: expected growth per cycle, such as ${isSize ? '2kB' : '1/1000'}, got ${JSON.stringify(typed)}: a cycle has a time of its own only where the scenario says \`cadence\``,
  )
}

export const parsed = <T>(parse: (value: string | number) => T | null, expected: string) =>
  z.union([z.string(), z.number()], { error: expected }).transform((value, context) => {
    const result = parse(value)
    if (result !== null) return result
    context.addIssue({ code: 'custom', message: expected, input: value })
    return z.NEVER
  })

export const duration = parsed(parseDuration, "a duration such as '10 s' or '2m'")
export const rate = parsed(parseRate, "a number of growth per cycle, such as 0, 0.01 or '1/1000'")
export const amount = parsed(parseAmount, "a number, or a size such as '200 B'")
export const positive = z.int('a whole number above 0').positive('a whole number above 0')
export const wholeNumber = z.int('a whole number').nonnegative('a whole number')
