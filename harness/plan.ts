/** Scenario + options → plan: fully defaulted and checked before anything starts. Pure. */
import { UsageError } from './errors.ts'
import type { Wanted } from './explain/wanted.ts'
import { twice } from './loop/length.ts'
import {
  type Baseline,
  isToCrash,
  LEAST_ONE_IN,
  type Level,
  type Plan,
  type PlannedResource,
  type Unit,
  type WantedLimit,
} from './model.ts'
import { type EtcdOptions, faultsOf, needsOf } from './plan-etcd.ts'
import {
  etcdResources,
  instancesResource,
  outsideResources,
  type ResourceRow,
  serverStateResource,
  targetResources,
} from './resources.ts'
import { type Amount, numberOf } from './scenario/amounts.ts'
import { DEFAULT_CYCLE_TIMEOUT_MS, type ScenarioFields } from './scenario/description.ts'

/** What the command line may set; the rest is the scenario's. */
export type PlanOptions = EtcdOptions & {
  cycles?: number | undefined
  forMs?: number | undefined
  quick: boolean
  until: Plan['until']
  /** Kernel limits that the target is to run under. */
  limits?: readonly WantedLimit[]
  /** Draws the moments of faults that have some choice. */
  seed?: number | undefined
  resolution?: number | undefined
  budget: readonly BudgetOption[]
  startTimeoutMs: number
  baseline: Baseline | null
  /** Memory of this machine that a target may use at most, in bytes. */
  machineMemory: number
}
/** `--budget fds.peak=100` */
export type BudgetOption = { resource: string } & ({ cap: Cap; value: Amount } | { cap: 'level'; value: Level })
type Cap = 'perCycle' | 'total' | 'peak'

const DEFAULT_CYCLES = 10_000
const DEFAULT_FOR_MS = 60_000
/** Where nobody said how long, a run goes on until it knows, and so long at most. */
const MOST_MS = 300_000
/** A gate plans at least 50; 20 is a smoke test. */
export const CHECKPOINTS = 100
const QUICK = { checkpoints: 20, cycles: 1000, forMs: 10_000, mostMs: null }
/** What a smoke test can rule out. */
const QUICK_RESOLUTION = 1 / 50
export const DEFAULT_RESOLUTION = 1 / 1000
/** Of a run so slow that its time does not allow the default. */
const COARSEST_RESOLUTION = 1 / 100
const GUARD_THREADS = 2000
/** And never more than half of what the machine has. */
const GUARD_MEMORY = 4 * 1024 ** 3

type BudgetEntry = Partial<Record<Cap, Amount | undefined>> & { level?: Level | undefined }

const openName = /^server\.(.+)$/

function rowsOf(fields: ScenarioFields): ResourceRow[] {
  const etcd = fields.needs?.etcd ? etcdResources : []
  // A command is judged from outside: the probe's view is a Node target's.
  const target = fields.command ? outsideResources : targetResources
  const tracked = (fields.track ?? []).map(({ $function }) => instancesResource($function))
  const states = Object.keys(fields.budget ?? {}).flatMap((name) => {
    const state = fields.serverState && openName.exec(name)?.[1]
    return state ? [serverStateResource(state)] : []
  })
  return [...target, ...tracked, ...etcd, ...states]
}

const capOf = (name: string, cap: Cap): string => (cap === 'perCycle' ? name : `${name}.${cap}`)
const typedFor = (name: string, cap: Cap): string => `--budget ${capOf(name, cap)}`

/** A cap is reached or not, however long that takes. @throws UsageError for a size of what is counted, and for a time that says nothing */
function budgetOf(amount: Amount, unit: Unit, cap: Cap, from: string, cadenceMs: number | null): number {
  if (cap === 'perCycle' || typeof amount === 'number' || amount.perMs === null)
    return numberOf(amount, unit, from, cadenceMs)
  throw new UsageError(`${from}: expected an amount, such as 100 or 8MB, got ${JSON.stringify(amount.typed)}`)
}

const isLevelAlone = ({ level, ...caps }: BudgetEntry): boolean =>
  level === 'error' && Object.values(caps).every((cap) => cap === undefined)

type PlanningOf = {
  exclusiveEtcd: boolean
  /** What a cycle takes in production; null where nobody said. */
  cadenceMs: number | null
  /** Where a budget was written. */
  from?: (name: string, cap: Cap) => string
}

/** @throws UsageError for a size of what is counted, and for growth in a time where cycles have none */
export function planResource(
  row: ResourceRow,
  entry: BudgetEntry | undefined,
  { exclusiveEtcd, cadenceMs, from = typedFor }: PlanningOf,
): PlannedResource {
  const said = (cap: Cap) => {
    const amount = entry?.[cap]
    return amount === undefined ? undefined : budgetOf(amount, row.unit, cap, from(row.name, cap), cadenceMs)
  }
  const shared = row.name.startsWith('etcd.') && !exclusiveEtcd
  // Who asks for the level that it has anyway says no more than the table does.
  const isNamed = entry !== undefined && !(row.name === 'rss' && row.level === 'error' && isLevelAlone(entry))
  const level = entry ? (entry.level ?? 'error') : shared && row.level === 'error' ? 'warn' : row.level
  return {
    name: row.name,
    view: row.view,
    unit: row.unit,
    level,
    named: isNamed,
    // A cap of what wavers bounds no growth.
    perCycle: said('perCycle') ?? (level === 'off' || (isNamed && row.name === 'rss') ? null : row.budget),
    total: said('total') ?? null,
    peak: said('peak') ?? null,
  }
}

export function mergeBudget(fields: ScenarioFields, options: Pick<PlanOptions, 'budget'>): Record<string, BudgetEntry> {
  const merged: Record<string, BudgetEntry> = {}
  for (const [name, entry] of Object.entries(fields.budget ?? {}))
    if (name !== 'exit') merged[name] = entry as BudgetEntry
  for (const { resource, cap, value } of options.budget)
    if (resource !== 'exit') merged[resource] = { ...merged[resource], [cap]: value }
  return merged
}

const typedText = (amount: Amount): string => (typeof amount === 'number' ? String(amount) : amount.typed)

/** `exit` is no resource: it has a level, and no number. @throws UsageError for one */
function saidOfExit(budget: readonly BudgetOption[]): Level | undefined {
  const said = budget.findLast(({ resource }) => resource === 'exit')
  if (said && said.cap !== 'level')
    throw new UsageError(`--budget exit: expected error, warn or off, got ${JSON.stringify(typedText(said.value))}`)
  return said?.value
}

function planLength(fields: ScenarioFields, options: PlanOptions): Plan['length'] {
  const said = options.cycles !== undefined || options.forMs !== undefined
  if (options.quick && said)
    return { ...QUICK, cycles: options.cycles ?? null, forMs: options.forMs ?? null, quick: true }
  if (options.quick) return { ...QUICK, quick: true }
  const cycles = said ? options.cycles : (fields.cycles ?? fields.load?.amount)
  const forMs = said ? options.forMs : (fields.for ?? fields.load?.forMs)
  const neither = cycles === undefined && forMs === undefined
  return {
    cycles: cycles ?? (neither ? DEFAULT_CYCLES : null),
    forMs: forMs ?? (neither ? DEFAULT_FOR_MS : null),
    checkpoints: CHECKPOINTS,
    quick: false,
    mostMs: neither && options.until === 'verdict' ? MOST_MS : null,
  }
}

/** What *clean* must rule out, and how coarse that may become: what is asked for stays. */
function planResolution(
  fields: ScenarioFields,
  options: PlanOptions,
  { mostMs, quick }: Plan['length'],
): Pick<Plan, 'resolution' | 'coarsest'> {
  const said = options.resolution ?? fields.resolution
  if (said === undefined && mostMs !== null) return { resolution: DEFAULT_RESOLUTION, coarsest: COARSEST_RESOLUTION }
  const least = quick && options.resolution === undefined ? QUICK_RESOLUTION : 0
  return { resolution: Math.max(said ?? DEFAULT_RESOLUTION, least), coarsest: null }
}

/**
 * What *clean* must rule out, where only the plan says whether that is per cycle or, of a watch, per minute.
 * @throws UsageError for what is too coarse
 */
export function checkResolution(asked: number, { cycleUnit }: Pick<Plan, 'cycleUnit'>): number {
  if (cycleUnit === 'minute' || asked <= 1 / LEAST_ONE_IN) return asked
  throw new UsageError(
    `--resolution ${asked}: expected one leak in ${LEAST_ONE_IN} cycles (1/${LEAST_ONE_IN}) or finer, such as 1/1000: this counts cycles, not minutes`,
  )
}

/** @throws UsageError for a name that is none of a target's resources */
export function checkNamed(name: string, known: readonly { name: string }[], from: string, besides = ''): void {
  if (known.some((resource) => resource.name === name)) return
  const names = known.map((resource) => resource.name).join(', ')
  throw new UsageError(
    `${from}: expected a resource of this target, got ${JSON.stringify(name)}.\n  Known here: ${names}${besides}.`,
  )
}

/**
 * A plan that was recorded, with other budgets: what `holdwater report` judges by. What a budget names and this plan does
 * not have is left to whoever knows the other plans.
 * @throws UsageError for a size of what is counted, and a resolution that is too coarse
 */
export function withBudgets(plan: Plan, { budget, resolution }: Pick<PlanOptions, 'budget' | 'resolution'>): Plan {
  const resources = plan.resources.map((resource) => {
    const said = budget.filter((option) => option.resource === resource.name)
    if (said.length === 0) return resource
    const { perCycle, total, peak, level, named } = resource
    const entry = {
      perCycle,
      total,
      peak,
      level: named ? level : ('error' as const),
      ...Object.fromEntries(
        said.map(({ cap, value }) => [
          cap,
          cap === 'level' ? value : budgetOf(value, resource.unit, cap, typedFor(resource.name, cap), plan.cadenceMs),
        ]),
      ),
    }
    return { ...resource, ...entry, named: true }
  })
  const exit = { ...plan.exit, level: saidOfExit(budget) ?? plan.exit.level }
  const said = resolution === undefined ? {} : { resolution: checkResolution(resolution, plan), coarsest: null }
  return { ...plan, resources, exit, ...said }
}

/** The plan of a second run that confirms a leak: twice the checkpoints, so twice the cycles and the time. */
export function twiceAsLong(plan: Plan): Plan {
  const { mostMs } = plan.length
  return { ...plan, length: { ...twice(plan.length), mostMs: mostMs && 2 * mostMs } }
}

/** The plan of a run again from the start, of so many cycles, with a checkpoint after each where there are few. */
export const inSmallSteps = (plan: Plan, cycles: number): Plan => ({
  ...plan,
  warmup: 1,
  length: { cycles, forMs: null, checkpoints: Math.min(CHECKPOINTS, cycles), quick: false, mostMs: null },
})

/** Checkpoints of an explaining run, and how many of what leaks it wants between two of them. */
const EXPLAINED = { checkpoints: 8, between: 4 }
/** A command goes on while it is read, so that a reading is some cycles late: it has more of them. */
const MORE_OF_A_COMMAND = 2
/** Of the time that the measured run took; what comes before its first checkpoint is not in it. */
const EXPLAINED_SHARE = 0.65
/** Enough to see where memory goes beside objects that are counted. */
const SAMPLED_CYCLES = 200
/** Than without a ledger, at most, as far as it was measured. */
const SLOWER = 8
/** Where memory is allocated takes long to read. */
const CHECKPOINTS_OF_MEMORY = 4
const CHECKPOINTS_OF_A_CRASH = 5

/** As many cycles as it takes to see something grow between so many checkpoints. */
function cyclesToExplain({ cycles, growth, memory }: Explained, checkpoints: number, plan: Plan): number {
  const between = EXPLAINED.between * (plan.cycleMark ? MORE_OF_A_COMMAND : 1)
  // Where nothing leaks there is nothing to wait for.
  const counted = growth === null ? SAMPLED_CYCLES : Math.ceil((checkpoints * between) / growth)
  // What is sampled shows the better, the more of it there is.
  const sampled = growth === null ? cycles : Math.max(counted, SAMPLED_CYCLES)
  return Math.max(2 * checkpoints, Math.min(cycles, memory ? sampled : counted))
}

type Explained = Pick<Wanted, 'cycles' | 'ms' | 'growth' | 'memory'>

/** The plan of a run that explains a leak: as long as it takes to see it grow, and shorter than the one that measured it. */
export function explaining(plan: Plan, measured: Explained): Plan {
  const few = measured.memory ? CHECKPOINTS_OF_MEMORY : EXPLAINED.checkpoints
  // Who waits for a crash waits for its cause, too.
  const checkpoints = plan.until === 'crash' ? Math.min(few, CHECKPOINTS_OF_A_CRASH) : few
  const cycles = cyclesToExplain(measured, checkpoints, plan)
  return {
    ...plan,
    until: 'end',
    // What the limit refuses is not what is looked for.
    endless: false,
    limits: [],
    warmup: Math.min(plan.warmup ?? 100, Math.ceil((plan.warmup === null ? cycles : measured.cycles) / 10)),
    // Cycles are several times slower, and what fails for that reason proves nothing.
    cycleTimeoutMs: SLOWER * plan.cycleTimeoutMs,
    maxFailedCycles: 1,
    length: { cycles, forMs: EXPLAINED_SHARE * measured.ms, checkpoints, quick: false, mostMs: null },
    // Nothing is measured any more, so memory has no part of the run for itself.
    resources: plan.resources.map((resource) => (resource.unit === 'bytes' ? { ...resource, level: 'off' } : resource)),
  }
}

/** Its own threads: with fewer it waits for them for ever. */
const NODE_THREADS = 7

/** @throws UsageError for a limit that Node itself does not start under */
function checkLimits({ command }: ScenarioFields, limits: readonly WantedLimit[]): void {
  const threads = limits.find(({ resource }) => resource === 'threads')?.value ?? Infinity
  if (!command && threads < NODE_THREADS)
    throw new UsageError(
      `--limit threads=${threads}: expected at least the ${NODE_THREADS} that Node itself starts with`,
    )
}

/** A limit that somebody asked for is to be met: a guard that nobody set does not come before it. */
function guardsOf({ guards }: ScenarioFields, { limits = [], machineMemory }: PlanOptions): Plan['guards'] {
  const limitOf = (name: WantedLimit['resource']) => limits.find(({ resource }) => resource === name)?.value ?? 0
  return {
    threads: guards?.threads ?? Math.max(GUARD_THREADS, limitOf('threads')),
    memory: guards?.memory ?? Math.max(Math.min(GUARD_MEMORY, Math.floor(machineMemory / 2)), limitOf('memory')),
  }
}

function loadOf({ load, command }: ScenarioFields): Plan['load'] {
  if (!load) return null
  const { rate, hangUpAfterMs } = load
  return { of: command ? 'command' : 'module', rate, hangUpAfterMs }
}

/**
 * @throws UsageError when a budget names a resource the target does not have, or a size of what is counted
 */
export function makePlan(
  scenario: { name: string; file: string; form: 'scenario' | 'module'; fields: ScenarioFields; node: Plan['node'] },
  options: PlanOptions,
): Plan {
  const { fields } = scenario
  const { until } = options
  const limits = [...(options.limits ?? [])]
  const length = planLength(fields, options)
  const cadenceMs = fields.cadence ?? null
  const { exclusiveEtcd } = options
  checkLimits(fields, limits)
  const budget = mergeBudget(fields, options)
  const rows = rowsOf({ ...fields, budget })
  const field = (name: string) => `${scenario.file}: field \`${name}\``
  const from = (name: string) =>
    options.budget.some(({ resource }) => resource === name) ? '--budget' : field('budget')
  const fromCap = (name: string, cap: Cap) =>
    options.budget.some((option) => option.resource === name && option.cap === cap)
      ? typedFor(name, cap)
      : field(`budget.${capOf(name, cap)}`)
  for (const name of Object.keys(budget))
    checkNamed(name, rows, from(name), fields.serverState ? ', server.NAME, exit' : ', exit')
  return {
    scenario: {
      name: scenario.name,
      file: scenario.file,
      title: fields.title,
      form: scenario.form,
      expect: fields.expect ?? 'clean',
    },
    needs: needsOf(fields, options, scenario.file),
    cycleMark: fields.cycleMark ?? null,
    node: scenario.node,
    length,
    until,
    endless: until === 'crash' && options.cycles === undefined && options.forMs === undefined,
    limits,
    cycleUnit: 'cycle',
    watched: false,
    ...planResolution(fields, options, length),
    // A limit of one process is met by one process.
    tree: fields.tree !== false && !isToCrash({ until, limits }),
    warmup: fields.warmup ?? null,
    concurrency: fields.concurrency ?? fields.load?.connections ?? 1,
    load: loadOf(fields),
    cycleTimeoutMs: fields.cycleTimeout ?? DEFAULT_CYCLE_TIMEOUT_MS,
    cadenceMs,
    maxFailedCycles: fields.maxFailedCycles ?? 0.01,
    drainForMs: fields.drainFor ?? 10_000,
    startTimeoutMs: options.startTimeoutMs,
    guards: guardsOf(fields, options),
    exit: { level: saidOfExit(options.budget) ?? fields.budget?.exit ?? 'warn', withinMs: fields.exitWithin ?? 5000 },
    resources: rows.map((row) => planResource(row, budget[row.name], { exclusiveEtcd, cadenceMs, from: fromCap })),
    faults: faultsOf(fields, options, { file: scenario.file, cycles: length.cycles }),
    seed: options.seed ?? 1,
    accepted: (fields.expect !== 'leaking' && options.baseline?.scenarios[scenario.name]) || {},
  }
}
