/** How growth went over many runs, and in which of them it changed. Pure. */
import type { History, HistoryOfResource, ResourceResult, Results, Trend } from '../model.ts'
import { changeOf, leastOf, trendOf } from './regression.ts'

/**
 * A run changes a resource where it differs from the run in which it last changed, not from the one before: what creeps
 * is seen, too.
 */
function pointsOf(results: readonly (ResourceResult | undefined)[]): HistoryOfResource['points'] {
  let level: Trend | null = null
  let wasClean = false
  return results.map((result) => {
    const trend = result ? trendOf(result) : null
    if (!result || !trend) return null
    const before = level
    // What is clean in both grows within its budget, as `compare` says.
    const change =
      before && (wasClean && result.verdict === 'clean' ? 'unchanged' : changeOf(before, trend, leastOf(result)))
    if (!before || change === 'regressed' || change === 'improved') {
      level = trend
      wasClean = result.verdict === 'clean'
    }
    return { trend, verdict: result.verdict, change }
  })
}

/** @param all results, in any order */
export function historyOf(all: readonly Results[]): History {
  const runs = all.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))
  const names = [...new Set(runs.flatMap((results) => results.runs.map(({ scenario }) => scenario)))].sort()
  return {
    runs,
    scenarios: names.map((scenario) => {
      const of = runs.map((results) => results.runs.find((run) => run.scenario === scenario))
      const newest = of.findLast((run) => run !== undefined)
      const resources = new Map(of.flatMap((run) => run?.resources ?? []).map((resource) => [resource.name, resource]))
      return {
        scenario,
        title: newest?.title ?? scenario,
        verdicts: of.map((run) => run?.verdict ?? null),
        resources: [...resources.values()].map(({ name, unit, level }) => ({
          name,
          unit,
          level,
          points: pointsOf(of.map((run) => run?.resources.find((resource) => resource.name === name))),
        })),
      }
    }),
  }
}
