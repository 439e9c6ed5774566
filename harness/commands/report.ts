/** `holdwater report DIR`: judges and renders recordings again, with other budgets if given; nothing is run. */
import { existsSync, globSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { exitCodeOf, type Recorded, toRun } from '../../reports/results.ts'
import { endText, runText } from '../../reports/terminal.ts'
import { UsageError } from '../errors.ts'
import { judgeRecorded } from '../judge/recorded.ts'
import type { Recording, Run } from '../model.ts'
import { type BudgetOption, withBudgets } from '../plan.ts'
import { readRecording } from '../recording/read.ts'
import { RECORDING_FILES } from '../soak.ts'
import { writeReports } from './reports.ts'
import { openScreen } from './screen.ts'

const USAGE = 2

export type ReportOptions = {
  reporters: readonly string[]
  budget: readonly BudgetOption[]
  resolution: number | undefined
}

/** @throws UsageError when there is no recording below the folder, or a budget names what was not recorded */
export function report(folder: string, { reporters, budget, resolution }: ReportOptions): number {
  const paths = globSync(`**/${RECORDING_FILES.measure}`, { cwd: folder }).sort()
  if (paths.length === 0)
    throw new UsageError(
      `${folder}: expected a folder that \`holdwater run\` wrote, got no ${RECORDING_FILES.measure} below it`,
    )
  const screen = openScreen()
  const recordings = new Map<string, Recording>()

  const read = (path: string): Recorded => {
    const recording = readRecording(join(folder, path))
    const plan = withBudgets(recording.header.plan, { budget, resolution })
    return { recording: { ...recording, header: { ...recording.header, plan } }, path }
  }
  /** Null, and a complaint, for what cannot be read. */
  const readOr = (path: string): Recorded | null => {
    try {
      return read(path)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      screen.complain(error.message)
      return null
    }
  }
  /** A recording, and the one that confirmed it where there is one. */
  const readPair = (path: string): [Recorded, ...Recorded[]] | null => {
    const confirming = join(dirname(path), RECORDING_FILES.confirm)
    const first = readOr(path)
    const second = first && existsSync(join(folder, confirming)) ? readOr(confirming) : null
    return first && (second ? [first, second] : [first])
  }
  const judged = (pairs: [Recorded, ...Recorded[]][]): Run => {
    const of = (pair: [Recorded, ...Recorded[]]) => pair.map((one) => one.recording) as [Recording, ...Recording[]]
    const { verdict, recording } = judgeRecorded(pairs.map(of))
    recordings.set(recording.header.plan.scenario.name, recording)
    return toRun(pairs.flat() as [Recorded, ...Recorded[]], verdict, recording)
  }
  const pairs = paths.map(readPair).filter((pair) => pair !== null)
  const byScenario = Map.groupBy(pairs, ([{ recording }]) => recording.header.plan.scenario.name)
  const runs = [...byScenario.values()].map(judged)
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
