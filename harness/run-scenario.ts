/** One scenario, from soaking it to its line in the results: a weak leak is confirmed, a failure to start is told. */
import { join, relative } from 'node:path'
import { notRun, type Recorded, toRun } from '../reports/results.ts'
import { EnvironmentError, SkippedError, UsageError } from './errors.ts'
import { openFolder } from './folder.ts'
import { conclude, needsConfirmation } from './judge/confirm.ts'
import { judge } from './judge/judge.ts'
import type { Recording, Run } from './model.ts'
import type { ScenarioFile } from './scenario/names.ts'
import { RECORDING_FILES, type SoakOptions, soak } from './soak.ts'

export type RunScenarioOptions = Omit<SoakOptions, 'role'> & {
  /** What is skipped is an error. */
  noSkip: boolean
  /** Told before a second run. */
  onConfirm: () => void
}

/** @param options `out` is the folder of the results; the scenario gets one of its own below it, by its name */
export async function runScenario(
  scenario: ScenarioFile,
  options: RunScenarioOptions,
): Promise<{ run: Run; recording: Recording | null }> {
  const out = join(options.out, ...scenario.name.split('/'))
  let recording: Recording | null = null
  const measure = async (role: SoakOptions['role']): Promise<Recorded> => {
    recording = await soak(scenario, { ...options, out, role })
    return { recording, path: relative(options.out, join(out, RECORDING_FILES[role])) }
  }
  const measured = async (): Promise<Run> => {
    const first = await measure('measure')
    const verdict = judge(first.recording)
    if (!needsConfirmation(verdict)) return toRun([first], verdict)
    if (options.interrupted.aborted) return toRun([first], conclude(verdict, null))
    options.onConfirm()
    try {
      const second = await measure('confirm')
      return toRun([first, second], conclude(verdict, judge(second.recording)))
    } catch (error) {
      // What the first run saw is not lost with the second.
      if (!(error instanceof UsageError || error instanceof EnvironmentError)) throw error
      recording = first.recording
      return toRun([first], conclude(verdict, null))
    }
  }
  try {
    openFolder(out)
    const run = await measured()
    return { run, recording }
  } catch (error) {
    if (error instanceof SkippedError) {
      const outcome = options.noSkip ? 'error' : 'skipped'
      return { run: notRun({ ...scenario, title: error.title }, { outcome, reason: error.message }), recording: null }
    }
    if (!(error instanceof UsageError || error instanceof EnvironmentError)) throw error
    const reasonCode = error instanceof EnvironmentError ? ('environment-missing' as const) : ('unstartable' as const)
    return { run: notRun(scenario, { outcome: 'error', reason: error.message, reasonCode }), recording: null }
  }
}
