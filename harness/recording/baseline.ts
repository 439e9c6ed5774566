/** Baselines on disk. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, UsageError } from '../errors.ts'
import { BASELINE_SCHEMA, type Baseline, baselineSchema } from '../model.ts'
import { replaceFile } from './replace.ts'

/** Where a baseline with a name alone is: made to be committed. */
const FOLDER = 'baselines'

/** A path, or a name. */
const baselinePath = (name: string): string => (/[/\\]|\.json$/.test(name) ? name : join(FOLDER, `${name}.json`))

/** @throws UsageError for one that is not there, or is none */
export function readBaseline(name: string): Baseline {
  const path = baselinePath(name)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const other = join(FOLDER, name)
    const how = existsSync(other) ? `did you mean ${other}?` : `--save-baseline ${name} makes it`
    const got = existsSync(path) ? messageOf(error) : `no such file; ${how}`
    throw new UsageError(`--baseline ${name}: expected a baseline in ${path}, got: ${got}`, {
      cause: error,
    })
  }
  const parsed = baselineSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new UsageError(
    `${path}: expected a baseline in the form ${BASELINE_SCHEMA}, got:\n${z.prettifyError(parsed.error).replace(/^/gm, '  ')}`,
  )
}

/** The one that is saved over, if there is one. @throws UsageError where something else is */
export const baselineBefore = (name: string): Baseline | null =>
  existsSync(baselinePath(name)) ? readBaseline(name) : null

/** @returns the path */
export function saveBaseline(name: string, baseline: Baseline): string {
  const path = baselinePath(name)
  replaceFile(path, `${JSON.stringify(baseline, null, 2)}\n`)
  return path
}
