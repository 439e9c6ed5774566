/** What the describe child sends instead of a value that is no plain one. */
import { z } from 'zod'

export const isFunction = (value: unknown): value is { $function: string } =>
  typeof value === 'object' && value !== null && '$function' in value

export const isRegExp = (value: unknown): value is { $regexp: string; flags: string } =>
  typeof value === 'object' && value !== null && '$regexp' in value

/** @param expected what stands in the error */
export const functionOr = (expected: string) => z.custom<{ $function: string }>(isFunction, { error: expected })
