/** `holdwater run`: soak scenarios, judge each, write the reports. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { exitCodeOf, notRun, type Recorded, toRun } from '../../reports/results.ts'
import { endText, runText, skippedText } from '../../reports/terminal.ts'
import { EnvironmentError, messageOf, SkippedError, UsageError } from '../errors.ts'
import { hostNow, toolVersion } from '../host.ts'
import { conclude, needsConfirmation } from '../judge/confirm.ts'
import { judge } from '../judge/judge.ts'
import type { Recording, Run } from '../model.ts'
import { startWarden } from '../processes/warden.ts'
import { findScenarios, type ScenarioFile } from '../scenario/names.ts'
import { RECORDING_FILES, type SoakOptions, soak } from '../soak.ts'
import { writeReports } from './reports.ts'
import { openScreen, type Screen } from './screen.ts'

export type RunOptions = Pick<
  SoakOptions,
  'cycles' | 'forMs' | 'quick' | 'until' | 'resolution' | 'budget' | 'startTimeoutMs' | 'etcd' | 'node'
> & { /** What is skipped is an error. */ noSkip: boolean; out: string; reporters: readonly string[] }

const INTERRUPTED = 130

/** Folder by folder: Node's recursive mkdir never returns where the file system says ENOENT, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

/** @throws UsageError when nothing can be written there */
function openFolder(out: string): void {
  try {
    makeFolder(resolve(out))
    // Permissions do not tell root, nor of a full or read-only disk: only a write does.
    const trial = join(out, `.holdwater-${process.pid}`)
    writeFileSync(trial, '')
    rmSync(trial)
  } catch (error) {
    throw new UsageError(`--out ${out}: expected a folder that can be written to, got: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** The first Ctrl-C stops at the next checkpoint and judges; the second aborts, and the warden cleans up. */
function onInterrupt(screen: Screen): { signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort()
    screen.say('  stopping at the next checkpoint; press Ctrl-C again to abort at once')
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return { signal: controller.signal, [Symbol.dispose]: () => process.off('SIGINT', stop).off('SIGTERM', stop) }
}

/** Runs what was typed and returns the exit code. */
export async function run(typed: readonly string[], options: RunOptions): Promise<number> {
  const scenarios = findScenarios(typed)
  openFolder(options.out)
  const screen = openScreen()
  using interrupt = onInterrupt(screen)
  await using warden = await startWarden()
  const startedAt = new Date().toISOString()
  const runs: Run[] = []
  const recordings = new Map<string, Recording>()

  const soakOne = async (scenario: ScenarioFile): Promise<Run> => {
    const out = join(options.out, ...scenario.name.split('/'))
    try {
      openFolder(out)
      const measure = async (role: SoakOptions['role']): Promise<Recorded> => {
        const recording = await soak(scenario, {
          ...options,
          role,
          out,
          warden,
          interrupted: interrupt.signal,
          onWait: screen.say,
          onStart: screen.start,
          onProgress: screen.progress,
        })
        recordings.set(scenario.name, recording)
        return { recording, path: relative(options.out, join(out, RECORDING_FILES[role])) }
      }
      const first = await measure('measure')
      const verdict = judge(first.recording)
      if (!needsConfirmation(verdict)) return toRun([first], verdict)
      if (interrupt.signal.aborted) return toRun([first], conclude(verdict, null))
      screen.say('  this looks like a leak: a second run, twice as long, in a fresh process, has to see it, too')
      const second = await measure('confirm')
      return toRun([first, second], conclude(verdict, judge(second.recording)))
    } catch (error) {
      if (error instanceof SkippedError)
        return notRun(
          { ...scenario, title: error.title },
          { outcome: options.noSkip ? 'error' : 'skipped', reason: error.message },
        )
      if (!(error instanceof UsageError || error instanceof EnvironmentError)) throw error
      return notRun(scenario, { outcome: 'error', reason: error.message })
    }
  }
  for (const scenario of scenarios) {
    if (interrupt.signal.aborted) break
    const done = await soakOne(scenario)
    runs.push(done)
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
