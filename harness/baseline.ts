/** What a baseline accepts, and what goes into one. Pure. */
import { isOverCap } from './judge/rules.ts'
import {
  type Accepted,
  BASELINE_SCHEMA,
  type Baseline,
  type ResourceResult,
  type Results,
  type Run,
  UNSAID,
  type Undecided,
} from './model.ts'

/** A new baseline accepts what there is for so long: somebody has to look at it again. */
const ACCEPTED_DAYS = 90
const DAY_MS = 86_400_000
/** More digits than were measured make a diff of nothing. */
const DIGITS = 4

const majorOf = (version: string) => version.split('.')[0] as string
const minorOf = (version: string) => version.split('.').slice(0, 2).join('.')
const rounded = (value: number) => Number(value.toPrecision(DIGITS))

export function environmentOf({ tool, host, runs }: Results): Baseline['environment'] {
  const node = runs.find((run) => run.node !== null)?.node ?? host.node
  const etcd = runs.find((run) => run.etcd)?.etcd?.version
  return {
    holdwater: tool,
    node: majorOf(node),
    etcd: etcd ? minorOf(etcd) : null,
    os: host.os.split(' ')[0] as string,
    arch: host.arch,
  }
}

/** That could fail a run, and that this one could not tell of: it was too short, or it ended on another leak. */
const isUndecided = ({ level, verdict, reasonCode }: ResourceResult) =>
  level === 'error' && (verdict === 'inconclusive' || reasonCode === 'not-judged')

const canBeSaved = ({ verdict, expect }: Run) => verdict !== null && expect === 'clean'

/** Growth that would fail the run. */
function acceptedOf(run: Run, before: Record<string, Accepted> | undefined, until: string): Record<string, Accepted> {
  return Object.fromEntries(
    run.resources.flatMap((resource) => {
      const { name, level, verdict, trend } = resource
      const known = before?.[name]
      // What this run could not decide stays as it was.
      if ((isUndecided(resource) || resource.reasonCode === 'not-judged') && known) return [[name, known]]
      if (level !== 'error' || verdict !== 'leaking' || !trend || isOverCap(resource)) return []
      const { growthPerCycle, low, high } = trend
      const said = known ? { reason: known.reason, until: known.until } : { reason: UNSAID, until }
      return [[name, { growthPerCycle: rounded(growthPerCycle), low: rounded(low), high: rounded(high), ...said }]]
    }),
  )
}

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

/**
 * The baseline after a run. What was not run keeps what it had; reasons and days that somebody wrote stay.
 * @returns the scenarios that could not be saved beside it
 */
export function toBaseline(results: Results, before: Baseline | null): { baseline: Baseline; unsaved: Run[] } {
  const saved = results.startedAt.slice(0, 10)
  const until = new Date(Date.parse(saved) + ACCEPTED_DAYS * DAY_MS).toISOString().slice(0, 10)
  const runs = results.runs.filter(canBeSaved)
  const scenarios = runs.map((run) => [run.scenario, sorted(acceptedOf(run, before?.scenarios[run.scenario], until))])
  return {
    baseline: {
      schema: BASELINE_SCHEMA,
      saved,
      environment: environmentOf(results),
      scenarios: sorted({ ...before?.scenarios, ...Object.fromEntries(scenarios) }),
    },
    // A control that leaks as it should has nothing to accept.
    // Nor is there a growth to accept of one that holds its process.
    unsaved: results.runs.filter(
      ({ verdict, outcome, reasonCode }) =>
        (verdict === null && outcome !== 'skipped') || reasonCode === 'holds-process',
    ),
  }
}

/** What a baseline after these runs accepts only as it did before, or not at all: they could not tell of it. */
export const undecidedOf = ({ scenarios }: Baseline, { runs }: Results): Undecided[] =>
  runs.filter(canBeSaved).flatMap(({ scenario, resources }) => {
    const names = resources.filter(isUndecided).map(({ name }) => name)
    const [kept, missing] = [true, false].map((is) =>
      names.filter((name) => name in (scenarios[scenario] ?? {}) === is),
    )
    return names.length > 0 ? [{ scenario, kept: kept as string[], missing: missing as string[] }] : []
  })

/** What it accepts of the scenarios that were run, and what does not leak there, or is not there at all. */
export const unneededOf = ({ scenarios }: Baseline, { runs }: Results): string[] =>
  runs.filter(canBeSaved).flatMap((run) =>
    Object.keys(scenarios[run.scenario] ?? {}).flatMap((name) => {
      const resource = run.resources.find((one) => one.name === name)
      return !resource || resource.verdict === 'clean' ? [`${run.scenario}: ${name}`] : []
    }),
  )

/** In what the environment of a run differs from another, or from that of a baseline: a sentence each, without its subject. */
export function mismatchOf(environment: Baseline['environment'], results: Results): string[] {
  const now = environmentOf(results)
  const names = { node: 'Node', etcd: 'etcd', os: 'the system', arch: 'the processor' } as const
  return (Object.keys(names) as (keyof typeof names)[]).flatMap((name) => {
    const [then, today] = [environment[name], now[name]]
    if (then === today || then === null || today === null) return []
    return [`ran on ${names[name]} ${then}, this on ${today}`]
  })
}
