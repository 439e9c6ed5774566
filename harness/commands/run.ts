/** `holdwater run`: soak scenarios, judge each, write the reports. */
import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { plainValue } from '../../reports/plain.ts'
import { exitCodeOf } from '../../reports/results.ts'
import { endText, runText, savedText, skippedText, undecidedText, wrap } from '../../reports/terminal.ts'
import { mismatchOf, toBaseline, undecidedOf, unneededOf } from '../baseline.ts'
import { isShared } from '../dcs/etcd.ts'
import { messageOf, UsageError } from '../errors.ts'
import { openFolder } from '../folder.ts'
import { hostNow, toolVersion } from '../host.ts'
import { type Baseline, RESULTS_SCHEMA, type Results, type Run } from '../model.ts'
import { startWarden } from '../processes/warden.ts'
import { findClinic } from '../profile.ts'
import { baselineBefore, readBaseline, saveBaseline } from '../recording/baseline.ts'
import { revisionOf } from '../revision.ts'
import { type RunScenarioOptions, runScenario } from '../run-scenario.ts'
import { findScenarios } from '../scenario/names.ts'
import { openBoard } from './board.ts'
import { INTERRUPTED, onInterrupt } from './interrupt.ts'
import { writeReports } from './reports.ts'
import { openScreen, type Screen } from './screen.ts'

export type RunOptions = Pick<
  RunScenarioOptions,
  | 'cycles'
  | 'forMs'
  | 'quick'
  | 'until'
  | 'limits'
  | 'faults'
  | 'seed'
  | 'allowFaults'
  | 'allowRemote'
  | 'resolution'
  | 'budget'
  | 'startTimeoutMs'
  | 'etcd'
  | 'node'
  | 'noSkip'
  | 'explain'
  | 'profile'
  | 'out'
  | 'typed'
> & {
  reporters: readonly string[]
  /** Scenarios side by side. */
  jobs: number | undefined
  /** The baselines that leaks are held against, and that is saved. */
  baseline: string | undefined
  saveBaseline: string | undefined
}

const again = {
  confirm: '  this looks like a leak: a second run, twice as long, in a fresh process, has to see it, too',
  steps: '  cycles failed before anything could be told: again from the start, in small steps',
  explain: '  a further, shorter run, in a fresh process, with a ledger of what it makes',
  profile: '  one more run, under Clinic.js',
}

/** Runs what was typed and returns the exit code. */
export async function run(typed: readonly string[], options: RunOptions): Promise<number> {
  const scenarios = findScenarios(typed)
  // Sooner than after an hour's soak.
  if (options.profile) findClinic()
  const baseline = options.baseline === undefined ? null : readBaseline(options.baseline)
  const before = options.saveBaseline === undefined ? null : baselineBefore(options.saveBaseline)
  openFolder(options.out)
  const revision = revisionOf()
  const screen = openScreen()
  using interrupt = onInterrupt(screen)
  await using warden = await startWarden()
  const startedAt = new Date().toISOString()
  const jobs = Math.min(jobsOf(options), scenarios.length)
  const board = openBoard(screen, jobs > 1)
  const side = pLimit(jobs)
  const soaked = scenarios.map((scenario) =>
    side(async () => {
      if (interrupt.signal.aborted) return null
      const job = board(scenario.name)
      const done = await runScenario(scenario, {
        ...options,
        baseline,
        revision,
        jobs,
        warden,
        interrupted: interrupt.signal,
        onWait: job.wait,
        onStart: job.start,
        onProgress: job.progress,
        onOutlook: job.outlook,
        onAgain: (role) => job.again(again[role]),
      })
      job.end((screen) => tell(done.run, screen))
      return done
    }),
  )
  // In the order in which they were named, whichever was over first.
  const done = (await Promise.all(soaked)).filter((one) => one !== null)
  const runs = done.map(({ run }) => run)
  const recordings = new Map(done.flatMap(({ run, recording }) => (recording ? [[run.scenario, recording]] : [])))

  const results = heldAgainst(baseline, {
    schema: RESULTS_SCHEMA,
    tool: toolVersion(),
    host: hostNow(),
    startedAt,
    revision,
    baseline: options.baseline === undefined ? null : { name: options.baseline, mismatch: [], unneeded: [] },
    runs,
  })
  const files = writeReports({ results, recordings }, options, screen)
  if (options.reporters.includes('terminal') && runs.length > 0)
    screen.say(endText(plainValue(results), files, screen.width, screen.paint))
  const { saveBaseline: name } = options
  const { aborted } = interrupt.signal
  if (name !== undefined && aborted) screen.complain(`The baseline ${name} was not saved: the run was not finished.`)
  const isSaved = name === undefined || aborted || save(name, results, before, screen)
  // A verdict says more than a baseline that could not be saved.
  return aborted ? INTERRUPTED : exitCodeOf(results) || (isSaved ? 0 : EXIT_USAGE)
}

const EXIT_USAGE = 2

/**
 * How many scenarios run side by side: as many as there are cores, where each has an etcd to itself. Watchers, connections
 * and leases are counted per server, and some limits per user.
 * @throws UsageError for more than one where they would be in each other's way
 */
function jobsOf({ jobs, etcd, limits = [], until }: RunOptions): number {
  const shared = isShared(etcd)
    ? 'with --etcd URL, as with HOLDWATER_ETCD: what its server holds belongs to one scenario at a time'
    : limits.length > 0 || until === 'crash'
      ? 'with --limit and --until crash: what others use counts towards a limit'
      : null
  if (shared === null) return jobs ?? availableParallelism()
  if (jobs !== undefined && jobs > 1) throw new UsageError(`--jobs ${jobs}: expected 1 ${shared}`)
  return 1
}

/** Shows what came of a scenario. */
function tell(run: Run, screen: Screen): void {
  const shown = plainValue(run)
  if (run.outcome === 'skipped') screen.say(skippedText(shown, screen.width, screen.paint))
  else if (run.verdict === null) screen.complain(`${shown.scenario}\n${shown.reason}`)
  else screen.say(runText(shown, screen.width, screen.paint))
}

const heldAgainst = (baseline: Baseline | null, results: Results): Results =>
  baseline && results.baseline
    ? {
        ...results,
        baseline: {
          ...results.baseline,
          mismatch: mismatchOf(baseline.environment, results),
          unneeded: unneededOf(baseline, results),
        },
      }
    : results

/** @returns whether it could be written */
function save(name: string, results: Results, before: Baseline | null, screen: Screen): boolean {
  const { baseline, unsaved } = toBaseline(results, before)
  for (const { scenario, reason } of unsaved)
    screen.complain(plainValue(`${scenario}: the baseline does not have it: ${reason}`))
  if (results.runs.every((run) => run.verdict === null)) {
    screen.complain(`The baseline ${name} was not saved: nothing was judged.`)
    return false
  }
  try {
    screen.say(wrap(savedText(saveBaseline(name, baseline), baseline), screen.width))
    for (const undecided of undecidedOf(baseline, results))
      screen.say(wrap(undecidedText(plainValue(undecided)), screen.width, '  '))
    return true
  } catch (error) {
    screen.complain(`The baseline ${name} could not be saved: ${messageOf(error)}`)
    return false
  }
}
