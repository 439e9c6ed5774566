/** `holdwater compare BASE HEAD`: what changed from one run to another. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { comparisonText } from '../../reports/comparison.ts'
import { comparisonReporters } from '../../reports/index.ts'
import { plainReport } from '../../reports/plain.ts'
import { environmentOf, mismatchOf } from '../baseline.ts'
import { UsageError } from '../errors.ts'
import { compareRuns } from '../judge/regression.ts'
import type { Comparison, Recording, Report, Run } from '../model.ts'
import { readRecording } from '../recording/read.ts'
import { readResults } from '../recording/results.ts'
import { writeAll } from './reports.ts'
import { openScreen, type Screen } from './screen.ts'

const [PASS, REGRESSED, CANNOT_TELL] = [0, 3, 4]

export type CompareOptions = { out: string; reporters: readonly string[] }

/** @param withCharts also the recordings of its runs, where they lie beside it: nothing else needs them */
function readReport(typed: string, screen: Screen, withCharts: boolean): Report & { path: string } {
  const { results, folder, path } = readResults(typed)
  const recordings = new Map<string, Recording>()
  for (const { scenario, recordings: paths } of withCharts ? results.runs : []) {
    const measured = paths.findLast(({ role }) => role !== 'explain') ?? null
    const file = measured && join(folder, measured.path)
    if (!file || !existsSync(file)) continue
    try {
      recordings.set(scenario, readRecording(file))
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      screen.complain(error.message)
    }
  }
  return { ...plainReport({ results, recordings }), path: realpathSync(path) }
}

const names = ({ results }: Report) => results.runs.map(({ scenario }) => scenario)

/** @throws UsageError for what cannot be compared */
function checkComparable(base: Report & { path: string }, head: Report & { path: string }): void {
  const same = base.path === head.path || JSON.stringify(base.results) === JSON.stringify(head.results)
  if (same)
    throw new UsageError(
      `expected two runs, got one twice: BASE and HEAD are both the run that began ${base.results.startedAt}`,
    )
  if (!names(head).some((name) => names(base).includes(name)))
    throw new UsageError(
      `expected two runs of the same scenario, got none that both have.\n  BASE has ${names(base).join(', ') || 'none'}.\n  HEAD has ${names(head).join(', ') || 'none'}.`,
    )
}

/** What is on neither machine is no question. */
const isSkipped = (base: Run, head: Run) => base.outcome === 'skipped' && head.outcome === 'skipped'

export function compare(base: string, head: string, { out, reporters }: CompareOptions): number {
  const screen = openScreen()
  const withCharts = reporters.includes('html')
  const [before, after] = [readReport(base, screen, withCharts), readReport(head, screen, withCharts)]
  checkComparable(before, after)
  const folders = [base, head].map((typed) => resolve(typed.endsWith('.json') ? dirname(typed) : typed))
  if (folders.includes(resolve(out)))
    throw new UsageError(`--out ${out}: expected a folder of its own, got that of a run: its report would be lost`)
  const pairs = after.results.runs.flatMap((run) => {
    const other = before.results.runs.find(({ scenario }) => scenario === run.scenario)
    return other ? [[other, run] as const] : []
  })
  const runs = pairs.filter((pair) => !isSkipped(...pair)).map((pair) => compareRuns(...pair))
  const comparison: Comparison = {
    base: before,
    head: after,
    runs,
    onlyInBase: names(before).filter((name) => !names(after).includes(name)),
    onlyInHead: names(after).filter((name) => !names(before).includes(name)),
    skipped: pairs.filter((pair) => isSkipped(...pair)).map(([, { scenario }]) => scenario),
    mismatch: mismatchOf(environmentOf(before.results), after.results),
  }
  const files = writeAll(comparisonReporters, comparison, { out, reporters }, screen)
  if (reporters.includes('terminal'))
    screen.say([comparisonText(comparison, screen.width, screen.paint), ...files].join('\n'))
  const has = (change: string) => runs.some((run) => run.change === change)
  return has('regressed') ? REGRESSED : has('cannot tell') ? CANNOT_TELL : PASS
}
