/** `holdwater watch`: any process, live; ends with the same reports as a run. */
import { plainValue } from '../../reports/plain.ts'
import { exitCodeOf, toRun } from '../../reports/results.ts'
import { endText, runText, wrap } from '../../reports/terminal.ts'
import { nearSoFar, watchBlock, watchLine, watchStartText } from '../../reports/watch.ts'
import { UsageError } from '../errors.ts'
import { openFolder } from '../folder.ts'
import { hostNow, toolVersion } from '../host.ts'
import { judgeRecorded } from '../judge/recorded.ts'
import { RESULTS_SCHEMA, type Results } from '../model.ts'
import { startWarden } from '../processes/warden.ts'
import { revisionOf } from '../revision.ts'
import { type Watched, type WatchOptions, watch as watchProcess } from '../watch.ts'
import { INTERRUPTED, onInterrupt } from './interrupt.ts'
import { writeReports } from './reports.ts'
import { openScreen } from './screen.ts'

export type WatchCommandOptions = Pick<
  WatchOptions,
  'budget' | 'resolution' | 'forMs' | 'until' | 'cycleMark' | 'everyMs' | 'out' | 'typed' | 'startTimeoutMs'
> & {
  pid: number | undefined
  /** With all that came of it; a command that is started always, unless somebody says otherwise. */
  tree: boolean | undefined
  reporters: readonly string[]
}

/** @throws UsageError unless there is either a process or a command */
function watchedOf(command: readonly string[], { pid, cycleMark }: WatchCommandOptions): Watched {
  const usage = 'expected either --pid PID, or -- and a command, such as holdwater watch -- node server.js'
  if ((pid === undefined) === (command.length === 0))
    throw new UsageError(`holdwater watch: ${usage}, got ${pid === undefined ? 'neither' : 'both'}`)
  if (pid === undefined && command.length === 1 && /^\d+$/.test(command[0] ?? ''))
    throw new UsageError(
      `holdwater watch: expected a command, got ${command[0]}; a process is watched with --pid ${command[0]}`,
    )
  if (pid === undefined) return { command }
  if (cycleMark)
    throw new UsageError(
      '--cycle-mark: expected a command, whose output holdwater reads, got --pid; start it with holdwater watch -- COMMAND',
    )
  return { pid }
}

/** Watches until something ends it, and returns the exit code. */
export async function watch(command: readonly string[], options: WatchCommandOptions): Promise<number> {
  const watched = watchedOf(command, options)
  openFolder(options.out)
  const screen = openScreen()
  using interrupt = onInterrupt(screen)
  await using warden = await startWarden()
  const startedAt = new Date().toISOString()
  const revision = revisionOf()
  let told: string | null = null
  const { recording, path } = await watchProcess(watched, {
    ...options,
    tree: options.tree ?? 'command' in watched,
    revision,
    warden,
    interrupted: interrupt.signal,
    onNote: (text) => screen.complain(wrap(text, screen.width)),
    onStart: (header) => screen.say(watchStartText(plainValue(header), options.everyMs, screen.width, screen.paint)),
    onProgress(standing, recording) {
      // A pipe has a line now and then; this cannot wait. How much of it is used may change with every reading.
      const near = nearSoFar(standing)
      const what = near?.replace(/\d/g, '') ?? told
      if (near !== null && what !== told) screen.say(screen.paint('red', `  ${wrap(near, screen.width - 2, '  ')}`))
      told = what
      screen.live(
        () => watchBlock(standing, recording, screen.width, screen.paint),
        () => watchLine(standing, recording),
      )
    },
  })
  screen.end()
  const run = toRun([{ recording, path }], judgeRecorded([[recording]]).verdict)
  const shown = plainValue(run)
  screen.say(runText(shown, screen.width, screen.paint))
  screen.say('')
  const results: Results = {
    schema: RESULTS_SCHEMA,
    tool: toolVersion(),
    host: hostNow(),
    startedAt,
    revision,
    baseline: null,
    runs: [run],
  }
  const files = writeReports({ results, recordings: new Map([[run.scenario, recording]]) }, options, screen)
  if (options.reporters.includes('terminal'))
    screen.say(endText(plainValue(results), files, screen.width, screen.paint))
  return interrupt.signal.aborted ? INTERRUPTED : exitCodeOf(results)
}
