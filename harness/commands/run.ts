/** `holdwater run`: soak scenarios, judge each, write the reports. */
import { exitCodeOf } from '../../reports/results.ts'
import { endText, runText, skippedText } from '../../reports/terminal.ts'
import { openFolder } from '../folder.ts'
import { hostNow, toolVersion } from '../host.ts'
import type { Recording, Run } from '../model.ts'
import { startWarden } from '../processes/warden.ts'
import { findClinic } from '../profile.ts'
import { type RunScenarioOptions, runScenario } from '../run-scenario.ts'
import { findScenarios } from '../scenario/names.ts'
import { INTERRUPTED, onInterrupt } from './interrupt.ts'
import { writeReports } from './reports.ts'
import { openScreen } from './screen.ts'

export type RunOptions = Pick<
  RunScenarioOptions,
  | 'cycles'
  | 'forMs'
  | 'quick'
  | 'until'
  | 'resolution'
  | 'budget'
  | 'startTimeoutMs'
  | 'etcd'
  | 'node'
  | 'noSkip'
  | 'explain'
  | 'profile'
  | 'out'
> & { reporters: readonly string[] }

const again = {
  confirm: '  this looks like a leak: a second run, twice as long, in a fresh process, has to see it, too',
  explain: '  a further, shorter run, in a fresh process, with a ledger of what is made where',
  profile: '  one more run, under Clinic.js',
}

/** Runs what was typed and returns the exit code. */
export async function run(typed: readonly string[], options: RunOptions): Promise<number> {
  const scenarios = findScenarios(typed)
  // Sooner than after an hour's soak.
  if (options.profile) findClinic()
  openFolder(options.out)
  const screen = openScreen()
  using interrupt = onInterrupt(screen)
  await using warden = await startWarden()
  const startedAt = new Date().toISOString()
  const runs: Run[] = []
  const recordings = new Map<string, Recording>()

  for (const scenario of scenarios) {
    if (interrupt.signal.aborted) break
    const { run: done, recording } = await runScenario(scenario, {
      ...options,
      warden,
      interrupted: interrupt.signal,
      onWait: screen.say,
      onStart: screen.start,
      onProgress: screen.progress,
      onAgain: (role) => screen.say(again[role]),
    })
    runs.push(done)
    if (recording) recordings.set(scenario.name, recording)
    screen.end()
    if (done.outcome === 'skipped') screen.say(skippedText(done, screen.width, screen.paint))
    else if (done.verdict === null) screen.complain(`${scenario.name}\n${done.reason}`)
    else screen.say(runText(done, screen.width, screen.paint))
    screen.say('')
  }

  const results = { schema: 'holdwater-results/1' as const, tool: toolVersion(), host: hostNow(), startedAt, runs }
  const files = writeReports({ results, recordings }, options, screen)
  if (options.reporters.includes('terminal') && runs.length > 0)
    screen.say(endText(results, files, screen.width, screen.paint))
  return interrupt.signal.aborted ? INTERRUPTED : exitCodeOf(results)
}
