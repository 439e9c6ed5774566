/** `holdwater report DIR`: judges and renders recordings again, with other budgets if given; nothing is run. */
import { existsSync, globSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { plainValue } from '../../reports/plain.ts'
import { exitCodeOf, notRun, type Recorded, toRun } from '../../reports/results.ts'
import { endText, runText } from '../../reports/terminal.ts'
import { UsageError } from '../errors.ts'
import { explain } from '../explain/explain.ts'
import { resourcesOf } from '../judge/judge.ts'
import { judgeRecorded } from '../judge/recorded.ts'
import { RESULTS_SCHEMA, type Recording, type Results, type Run } from '../model.ts'
import { type BudgetOption, checkNamed, withBudgets } from '../plan.ts'
import { RECORDING_FILES } from '../recording/files.ts'
import { readRecording } from '../recording/read.ts'
import { readResults } from '../recording/results.ts'
import { writeReports } from './reports.ts'
import { openScreen } from './screen.ts'

const USAGE = 2

/** What was written here before, if it can be read: recordings do not know everything. */
function earlierResults(folder: string): Results | null {
  try {
    return readResults(folder).results
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return null
  }
}

/** What did not start has no recording, nor has a profile, nor an explaining run that could not be. */
function withEarlier(runs: readonly Run[], earlier: Results | null): Run[] {
  const known = new Map(earlier?.runs.map((run) => [run.scenario, run]))
  const again = runs.map((run) => {
    const before = known.get(run.scenario)
    const unexplained = run.recordings.some(({ role }) => role === 'explain') ? run.unexplained : before?.unexplained
    return { ...run, profile: before?.profile ?? null, unexplained: unexplained ?? [] }
  })
  const names = new Set(runs.map(({ scenario }) => scenario))
  const notRun = earlier?.runs.filter(({ scenario, verdict }) => verdict === null && !names.has(scenario)) ?? []
  return [...again, ...notRun.filter(({ reasonCode }) => reasonCode !== 'unreadable')]
}

export type ReportOptions = {
  reporters: readonly string[]
  budget: readonly BudgetOption[]
  resolution: number | undefined
}

type Budgets = Pick<ReportOptions, 'budget' | 'resolution'>

/** A run below the folder, and those that confirmed and explained it where there are any that can be read. */
type Found = { first: Recorded; second: Recorded | null; third: Recorded | null; unread: string[] }
type Unreadable = { path: string; reason: string }

/** A recording, or why it cannot be read. */
function readable(path: string): Recording | string {
  try {
    return readRecording(path)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return error.message
  }
}

function readRun(folder: string, path: string, budgets: Budgets): Found | Unreadable {
  const read = (relative: string): Recorded | Unreadable => {
    const recording = readable(join(folder, relative))
    // What is wrong with a budget is no fault of the recording.
    return typeof recording === 'string'
      ? { path: relative, reason: recording }
      : { path: relative, recording: replanned(recording, budgets) }
  }
  const first = read(path)
  if ('reason' in first) return first
  const unread: string[] = []
  const further = (role: 'confirm' | 'explain'): Recorded | null => {
    const beside = join(dirname(path), RECORDING_FILES[role])
    const found = existsSync(join(folder, beside)) ? read(beside) : null
    if (found && 'reason' in found) unread.push(found.reason)
    return found && 'recording' in found ? found : null
  }
  return { first, second: further('confirm'), third: further('explain'), unread }
}

/** A run that goes on writes several lines a second. */
const WRITES_WITHIN_MS = 5000
const isWritten = (path: string): boolean => Date.now() - statSync(path).mtimeMs < WRITES_WITHIN_MS

/** A copy of a recording adds nothing to it. */
const distinct = (runs: readonly Found[]): Found[] => [
  ...new Map(runs.map((run) => [JSON.stringify(run.first.recording.header), run])).values(),
]

/** What was recorded, under other budgets; what only the run could name, as `serverState()` does, can be budgeted, too. */
function replanned(recording: Recording, budgets: Budgets): Recording {
  const plan = withBudgets({ ...recording.header.plan, resources: resourcesOf(recording) }, budgets)
  return { ...recording, header: { ...recording.header, plan } }
}

/** @throws UsageError for a budget that names what none of them recorded */
function checkBudgets(budget: readonly BudgetOption[], runs: readonly Found[]): void {
  const known = new Map(
    runs.flatMap(({ first }) => resourcesOf(first.recording)).map((resource) => [resource.name, resource]),
  )
  for (const { resource } of budget)
    if (resource !== 'exit') checkNamed(resource, [...known.values()], '--budget', ', exit')
}

/** @throws UsageError when there is no recording below the folder, or a budget names what was not recorded */
export function report(folder: string, { reporters, budget, resolution }: ReportOptions): number {
  const paths = globSync(`**/${RECORDING_FILES.measure}`, { cwd: folder }).sort()
  if (paths.length === 0)
    throw new UsageError(
      `${folder}: expected a folder that \`holdwater run\` wrote, got no ${RECORDING_FILES.measure} below it`,
    )
  const screen = openScreen()
  const found = paths.map((path) => readRun(folder, path, { budget, resolution }))
  const pairs = found.filter((run) => 'first' in run)
  checkBudgets(budget, pairs)

  const recordings = new Map<string, Recording>()
  const judged = (runs: readonly Found[]): Run => {
    const recorded = runs.map(({ first, second }): [Recorded, ...Recorded[]] => (second ? [first, second] : [first]))
    const of = (run: [Recorded, ...Recorded[]]) => run.map((one) => one.recording) as [Recording, ...Recording[]]
    const { verdict: found, recording } = judgeRecorded(recorded.map(of))
    const goesOn = found.reasonCode === 'cut-short' && runs.some(({ first }) => isWritten(join(folder, first.path)))
    const verdict = goesOn ? { ...found, reasonCode: 'running' as const } : found
    recordings.set(recording.header.plan.scenario.name, recording)
    const [third] = runs.flatMap((run) => run.third ?? [])
    const lasted = Math.max(...recorded.flat().map((one) => one.recording.end?.ms ?? Infinity))
    const explanation = third ? explain(third.recording, verdict.resources, lasted) : null
    const all = [...recorded.flat(), ...(third ? [third] : [])] as [Recorded, ...Recorded[]]
    return toRun(all, verdict, recording, explanation)
  }
  const byScenario = Map.groupBy(pairs, ({ first }) => first.recording.header.plan.scenario.name)
  const unreadable = found.flatMap((run) => ('reason' in run ? [run] : []))
  for (const { reason } of [...unreadable, ...pairs.flatMap(({ unread }) => unread.map((reason) => ({ reason })))])
    screen.complain(reason)
  const runs = [
    ...[...byScenario.values()].map((same) => judged(distinct(same))),
    ...unreadable.map(({ path, reason }) =>
      notRun({ name: dirname(path), file: path }, { outcome: 'error', reason, reasonCode: 'unreadable' }),
    ),
  ]
  const [first] = recordings.values()
  if (!first) return USAGE
  const { tool, host, startedAt, revision } = first.header
  const earlier = earlierResults(folder)
  const results: Results = {
    schema: RESULTS_SCHEMA,
    tool,
    host,
    startedAt,
    revision,
    baseline: earlier?.baseline ?? null,
    runs: withEarlier(runs, earlier),
  }
  const files = writeReports({ results, recordings }, { out: resolve(folder), reporters }, screen)
  if (reporters.includes('terminal')) {
    const shown = plainValue(results)
    for (const run of shown.runs.filter(({ verdict }) => verdict !== null))
      screen.say(`${run.scenario}\n${runText(run, screen.width, screen.paint)}\n`)
    screen.say(endText(shown, files, screen.width, screen.paint))
  }
  return exitCodeOf(results)
}
