/** One scenario, from soaking it to its line in the results: a weak leak is confirmed, a failure to start is told. */
import { join, relative } from 'node:path'
import { notRun, type Recorded, toRun } from '../reports/results.ts'
import { EnvironmentError, SkippedError, TargetError, UsageError } from './errors.ts'
import { explain, unexplained } from './explain/explain.ts'
import { wantedOf } from './explain/wanted.ts'
import { openFolder } from './folder.ts'
import { needsConfirmation } from './judge/confirm.ts'
import { judge } from './judge/judge.ts'
import { judgeRecorded } from './judge/recorded.ts'
import { refusedAfter } from './judge/refused.ts'
import type { Explanation, Recording, Run, RunVerdict } from './model.ts'
import { type Profiler, profile } from './profile.ts'
import { RECORDING_FILES } from './recording/files.ts'
import type { ScenarioFile } from './scenario/names.ts'
import { redact } from './secrets.ts'
import { type SoakOptions, soak } from './soak.ts'

export type RunScenarioOptions = Omit<SoakOptions, 'role' | 'explains'> & {
  /** `auto`: what leaks is explained. */
  explain: 'auto' | 'always' | 'never'
  /** What is skipped is an error. */
  noSkip: boolean
  /** Repeat it under this tool of Clinic.js. */
  profile: Profiler | undefined
  /** Told before a further run. */
  onAgain: (what: 'confirm' | 'steps' | 'explain' | 'profile') => void
}

/** How long the longest of some runs lasted, in milliseconds. */
const longest = (recorded: readonly Recorded[]): number =>
  Math.max(...recorded.map(({ recording }) => recording.end?.ms ?? Infinity))

/** What a further run gave, or why there could be none. */
async function ifStarted<Done>(run: () => Promise<Done>): Promise<Done | string> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof EnvironmentError || error instanceof TargetError)) throw error
    return redact(error.message)
  }
}

/** @param options `out` is the folder of the results; the scenario gets one of its own below it, by its name */
export async function runScenario(
  scenario: ScenarioFile,
  options: RunScenarioOptions,
): Promise<{ run: Run; recording: Recording | null }> {
  const out = join(options.out, ...scenario.name.split('/'))
  let recording: Recording | null = null
  const record = async (
    role: SoakOptions['role'],
    how: Pick<SoakOptions, 'explains' | 'steps'> = {},
  ): Promise<Recorded> => {
    const recorded = await soak(scenario, { ...options, out, role, ...how })
    return { recording: recorded, path: relative(options.out, join(out, RECORDING_FILES[role])) }
  }
  /** A second run: twice as long or, where failures ended the first, in small steps up to them. Null where there can be none. */
  const repeated = async (steps: number | null): Promise<Recorded | null> => {
    if (options.interrupted.aborted) return null
    options.onAgain(steps === null ? 'confirm' : 'steps')
    const second = await ifStarted(() => record('confirm', steps === null ? {} : { steps }))
    return typeof second === 'string' ? null : second
  }
  const measured = async (): Promise<{ recorded: [Recorded, ...Recorded[]]; verdict: RunVerdict }> => {
    const first = await record('measure')
    recording = first.recording
    const verdict = judge(first.recording)
    const steps = refusedAfter(verdict, first.recording)
    if (steps === null && !needsConfirmation(verdict)) return { recorded: [first], verdict }
    // What the first run saw is not lost with the second.
    const second = await repeated(steps)
    const found = judgeRecorded([second ? [first.recording, second.recording] : [first.recording]])
    recording = found.recording
    return { recorded: second ? [first, second] : [first], verdict: found.verdict }
  }
  /** A further run, with a ledger; the verdict stands whatever becomes of it. */
  const explained = async (
    verdict: RunVerdict,
    waitedMs: number,
  ): Promise<{ recorded: Recorded[]; explanation: Explanation | null }> => {
    const held = recording?.exit?.left === false
    const wanted =
      options.explain === 'always' || (options.explain === 'auto' && (verdict.verdict === 'leaking' || held))
    if (!wanted || !recording) return { recorded: [], explanation: null }
    if (options.interrupted.aborted)
      return { recorded: [], explanation: unexplained(verdict.resources, 'the run was stopped by Ctrl-C') }
    options.onAgain('explain')
    const wants = wantedOf(verdict, recording)
    const first = await ifStarted(() => record('explain', { explains: wants }))
    // What lists the holders does not bear every target.
    const third =
      typeof first === 'string' && wants.holding
        ? await ifStarted(() => record('explain', { explains: { ...wants, holding: false } }))
        : first
    if (typeof third === 'string') return { recorded: [], explanation: unexplained(verdict.resources, third) }
    return { recorded: [third], explanation: explain(third.recording, verdict.resources, waitedMs) }
  }
  const profiled = async ({ cycles }: Run): Promise<Run['profile']> => {
    const { profile: tool } = options
    if (!tool || options.interrupted.aborted) return null
    options.onAgain('profile')
    const page = await ifStarted(() => profile(scenario, { ...options, out, tool, cycles }))
    if (typeof page === 'string') return { tool, path: null, reason: page }
    return { ...page, path: page.path && relative(options.out, page.path) }
  }
  try {
    openFolder(out)
    const { recorded, verdict } = await measured()
    const numbers = recording ?? recorded[0].recording
    const { recorded: more, explanation } = await explained(verdict, longest(recorded))
    const run = toRun([...recorded, ...more], verdict, numbers, explanation)
    return { run: { ...run, profile: await profiled(run) }, recording }
  } catch (error) {
    if (error instanceof SkippedError) {
      const outcome = options.noSkip ? 'error' : 'skipped'
      return {
        run: notRun({ ...scenario, title: error.title }, { outcome, reason: redact(error.message) }),
        recording: null,
      }
    }
    if (!(error instanceof UsageError || error instanceof EnvironmentError)) throw error
    const reasonCode = error instanceof EnvironmentError ? ('environment-missing' as const) : ('unstartable' as const)
    return { run: notRun(scenario, { outcome: 'error', reason: redact(error.message), reasonCode }), recording: null }
  }
}
