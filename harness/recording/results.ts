/** Reads results.json: of a folder that `holdwater run` wrote, or the file itself. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, UsageError } from '../errors.ts'
import { RESULTS_SCHEMA, type Results, resultsSchema } from '../model.ts'
import { RESULTS_FILE } from './files.ts'

/** @throws UsageError for what is no results.json, or one in another form */
export function readResults(typed: string): { results: Results; folder: string; path: string } {
  const path = statSync(typed, { throwIfNoEntry: false })?.isDirectory() ? join(typed, RESULTS_FILE) : typed
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UsageError(
      `${typed}: expected a folder that \`holdwater run\` wrote, or its ${RESULTS_FILE}, got: ${messageOf(error)}`,
      { cause: error },
    )
  }
  const schema = (value as { schema?: unknown } | null)?.schema
  if (schema !== RESULTS_SCHEMA)
    throw new UsageError(
      `${path}: expected results in the form ${RESULTS_SCHEMA}, got ${JSON.stringify(schema) ?? 'none'}; \`holdwater report\` of its folder makes them anew from the recordings`,
    )
  const parsed = resultsSchema.safeParse(value)
  if (!parsed.success)
    throw new UsageError(
      `${path}: expected results in the form ${RESULTS_SCHEMA}, got:\n${z.prettifyError(parsed.error).split('\n').slice(0, 6).join('\n').replace(/^/gm, '  ')}`,
    )
  return { results: parsed.data, folder: dirname(path), path }
}
