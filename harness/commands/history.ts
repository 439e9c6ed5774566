/** `holdwater history DIR…`: growth over many runs. */
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { historyText } from '../../reports/history.ts'
import { historyReporters } from '../../reports/index.ts'
import { plainValue } from '../../reports/plain.ts'
import { UsageError } from '../errors.ts'
import { historyOf } from '../judge/history.ts'
import type { Results } from '../model.ts'
import { RESULTS_FILE } from '../recording/files.ts'
import { readResults } from '../recording/results.ts'
import { writeAll } from './reports.ts'
import { openScreen } from './screen.ts'

/** Below a folder there may be one for every night. */
function pathsBelow(folder: string): string[] {
  if (!existsSync(folder)) throw new UsageError(`${folder}: expected a folder with results, got none of that name`)
  if (!statSync(folder).isDirectory()) return [folder]
  const paths = globSync(`**/${RESULTS_FILE}`, { cwd: folder }).map((path) => join(folder, path))
  if (paths.length === 0)
    throw new UsageError(
      `${folder}: expected a folder that \`holdwater run\` wrote, or one of several, got no ${RESULTS_FILE} below it`,
    )
  return paths
}

/** @throws UsageError where there are no results */
export function history(
  folders: readonly string[],
  { out, reporters }: { out: string; reporters: readonly string[] },
): number {
  const screen = openScreen()
  const results: Results[] = []
  // One that another version wrote does not keep the others from being shown.
  for (const path of new Set(folders.flatMap(pathsBelow))) {
    try {
      results.push(plainValue(readResults(path).results))
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      screen.complain(error.message)
    }
  }
  // A copy of a run adds nothing to it.
  const distinct = [
    ...new Map(results.map((one) => [`${one.startedAt} ${one.runs.map(({ scenario }) => scenario)}`, one])).values(),
  ]
  if (distinct.length === 0) throw new UsageError('expected results to show, got none that can be read')
  const told = historyOf(distinct)
  const files = writeAll(historyReporters, told, { out, reporters }, screen)
  if (reporters.includes('terminal')) screen.say([historyText(told, screen.width, screen.paint), ...files].join('\n'))
  return 0
}
