/** How growth went over many runs, and in which of them it changed. Pure. */
import type { History, HistoryOfResource, ResourceResult, Results } from '../model.ts'
import { compareResources, trendOf } from './regression.ts'

/**
 * A run changes a resource where it differs from the run in which it last changed, not from the one before: what creeps
 * is seen, too.
 */
function pointsOf(results: readonly (ResourceResult | undefined)[]): HistoryOfResource['points'] {
  let level: ResourceResult | null = null
  return results.map((result) => {
    const trend = result ? trendOf(result) : null
    if (!result || !trend) return null
    const change = level && compareResources(level, result).change
    const isNew = level === null && result.verdict !== 'inconclusive'
    if (isNew || change === 'regressed' || change === 'improved') level = result
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
        cycleUnit: newest?.cycleUnit ?? 'cycle',
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
