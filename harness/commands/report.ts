/** `holdwater report DIR`: judges and renders recordings again, with other budgets if given; nothing is run. */
import { existsSync, globSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { exitCodeOf, type Recorded, toRun } from '../../reports/results.ts'
import { endText, runText } from '../../reports/terminal.ts'
import { UsageError } from '../errors.ts'
import { conclude, concludeShards, needsConfirmation } from '../judge/confirm.ts'
import { judge } from '../judge/judge.ts'
import { pool } from '../judge/shards.ts'
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
  /** A recording, and the one that confirmed it where there is one. */
  const readPair = (path: string): [Recorded, ...Recorded[]] => {
    const confirming = join(dirname(path), RECORDING_FILES.confirm)
    return existsSync(join(folder, confirming)) ? [read(path), read(confirming)] : [read(path)]
  }
  const judged = (pairs: readonly [Recorded, ...Recorded[]][]): Run => {
    const [pair] = pairs as [[Recorded, ...Recorded[]]]
    const [{ recording }, confirming] = pair
    const name = recording.header.plan.scenario.name
    if (pairs.length === 1) {
      const verdict = judge(recording)
      const decided = needsConfirmation(verdict)
        ? conclude(verdict, confirming ? judge(confirming.recording) : null)
        : verdict
      recordings.set(name, (confirming ?? pair[0]).recording)
      return toRun(pair, decided)
    }
    const all = pairs.flat() as [Recorded, ...Recorded[]]
    const together = pool(pairs.map(([first]) => first.recording) as [Recording, ...Recording[]])
    recordings.set(name, together)
    return toRun(
      all,
      concludeShards(
        judge(together),
        all.map((one) => judge(one.recording)),
      ),
      together,
    )
  }
  const pairs = paths.flatMap((path) => {
    try {
      return [readPair(path)]
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      screen.complain(error.message)
      return []
    }
  })
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
