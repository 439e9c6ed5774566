/** Options → the plan of a watch. Pure. */
import type { Plan } from './model.ts'
import {
  CHECKPOINTS,
  checkNamed,
  checkResolution,
  DEFAULT_RESOLUTION,
  mergeBudget,
  type PlanOptions,
  planResource,
} from './plan.ts'
import { outsideResources } from './resources.ts'
import type { ScenarioFields } from './scenario/description.ts'

const MINUTE_MS = 60_000

export type WatchPlanOptions = Pick<PlanOptions, 'budget' | 'resolution' | 'startTimeoutMs'> & {
  forMs?: number | undefined
  until: 'verdict' | 'end'
  /** One line of the command's output that matches is one cycle; else a cycle is a minute. */
  cycleMark: Plan['cycleMark']
}

/** As a number that a recording can hold. */
const NEVER = Number.MAX_SAFE_INTEGER
/** What *clean* rules out of a process that marks no cycles: one more every minute. */
const WATCH_RESOLUTION = 1

/**
 * The plan of a watch: the kernel view of a process, for as long as it takes. Its resident memory gates where nobody can miss its growth.
 * @throws UsageError when a budget names a resource that cannot be seen from outside, and for a resolution that is too coarse
 */
export function watchPlan(what: { name: string; title: string }, options: WatchPlanOptions): Plan {
  // `pss` takes long to read, and a watch should not be felt.
  const rows = outsideResources.filter(({ name }) => name !== 'pss')
  const budget = mergeBudget({} as ScenarioFields, options)
  for (const name of Object.keys(budget)) checkNamed(name, rows, '--budget')
  const { cycleMark, forMs = null, until } = options
  const cycleUnit = cycleMark ? 'cycle' : 'minute'
  const cadenceMs = cycleMark ? null : MINUTE_MS
  return {
    scenario: { ...what, file: 'holdwater watch', form: 'module', expect: 'clean' },
    needs: { etcd: false, nodes: 1, tls: false, auth: false, command: null },
    // Judged as a command is, from outside: its memory is never read after a collection.
    tree: false,
    cycleMark: cycleMark ?? { source: '', flags: '' },
    node: { path: '', version: '' },
    length: { cycles: null, forMs, checkpoints: CHECKPOINTS, quick: false, mostMs: null },
    until,
    endless: forMs === null,
    limits: [],
    faults: [],
    seed: 1,
    cycleUnit,
    load: null,
    watched: true,
    resolution: checkResolution(options.resolution ?? (cycleMark ? DEFAULT_RESOLUTION : WATCH_RESOLUTION), {
      cycleUnit,
    }),
    coarsest: null,
    warmup: null,
    concurrency: 1,
    cycleTimeoutMs: NEVER,
    cadenceMs,
    maxFailedCycles: 0,
    drainForMs: 0,
    startTimeoutMs: options.startTimeoutMs,
    guards: { threads: NEVER, memory: NEVER },
    exit: { level: 'off', withinMs: 0 },
    resources: rows.map((row) => planResource(row, budget[row.name], { exclusiveEtcd: true, cadenceMs })),
    accepted: {},
  }
}
