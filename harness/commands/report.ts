/** `holdwater report DIR`: judges and renders recordings again; nothing is run. */
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { exitCodeOf, toRun } from '../../reports/results.ts'
import { endText, runText } from '../../reports/terminal.ts'
import { UsageError } from '../errors.ts'
import { judge } from '../judge/judge.ts'
import type { Recording } from '../model.ts'
import { readRecording } from '../recording/read.ts'
import { RECORDING_FILE } from '../soak.ts'
import { writeReports } from './reports.ts'
import { openScreen } from './screen.ts'

const USAGE = 2

/** @throws UsageError when there is no recording below the folder */
export function report(folder: string, reporters: readonly string[]): number {
  const paths = globSync(`**/${RECORDING_FILE}`, { cwd: folder }).sort()
  if (paths.length === 0)
    throw new UsageError(`${folder}: expected a folder that \`holdwater run\` wrote, got no ${RECORDING_FILE} below it`)
  const screen = openScreen()
  const recordings = new Map<string, Recording>()
  const runs = paths.flatMap((path) => {
    try {
      const recording = readRecording(join(folder, path))
      recordings.set(recording.header.plan.scenario.name, recording)
      return [toRun(recording, judge(recording), path)]
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      screen.complain(error.message)
      return []
    }
  })
  const [first] = recordings.values()
  if (!first) return USAGE
  const { tool, host, startedAt } = first.header
  const results = { schema: 'holdwater-results/1' as const, tool, host, startedAt, runs }
  const files = writeReports({ results, recordings }, { out: resolve(folder), reporters }, screen)
  if (reporters.includes('terminal')) {
    for (const run of runs) screen.say(`${run.scenario}\n${runText(run, screen.width, screen.paint)}\n`)
    screen.say(endText(results, files, screen.width, screen.paint))
  }
  return exitCodeOf(results)
}
