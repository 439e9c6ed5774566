/** The whole run of one scenario: describe → plan → etcd → target → recording. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type EtcdChoice, startEtcd } from './dcs/etcd.ts'
import type { StartedEtcd } from './dcs/started.ts'
import { TargetError, UsageError } from './errors.ts'
import { hostNow, toolVersion } from './host.ts'
import { apparentLeaks, lookEarly } from './judge/judge.ts'
import type { HeaderLine, Plan, Recording } from './model.ts'
import { observe } from './observe/observe.ts'
import type { Progress } from './observe/progress.ts'
import type { News } from './observe/protocol.ts'
import { LOG_FILES, type StartedTarget, startTarget } from './observe/target.ts'
import { makePlan, type PlanOptions } from './plan.ts'
import type { Warden } from './processes/warden.ts'
import { openRecording } from './recording/write.ts'
import { describeScenario } from './scenario/describe.ts'
import type { ScenarioFile } from './scenario/names.ts'

export type SoakOptions = Omit<PlanOptions, 'exclusiveEtcd' | 'machineMemory'> & {
  /** Folder of this run's recording and logs; it is there and can be written to. */
  out: string
  etcd: EtcdChoice
  node: string
  warden: Warden
  interrupted: AbortSignal
  /** Called when everything is there and the cycles begin. */
  onStart: (header: HeaderLine) => void
  onProgress: (progress: Progress, recording: Recording) => void
}

export const RECORDING_FILE = 'recording.ndjson'

/**
 * Soaks one scenario and returns what was recorded.
 * @throws UsageError for a scenario that cannot be used, EnvironmentError when there is no etcd
 */
export async function soak(scenario: ScenarioFile, options: SoakOptions): Promise<Recording> {
  const { out, warden, node } = options
  // What an earlier run left must not be taken for this one's.
  for (const name of [RECORDING_FILE, ...LOG_FILES]) rmSync(join(out, name), { force: true })
  const described = await describeScenario(scenario, { ...options, logs: out })
  const host = hostNow()
  const exclusiveEtcd = !/^https?:/.test(options.etcd)
  const plan = makePlan(described, { ...options, exclusiveEtcd, machineMemory: host.memory })

  await using etcd = plan.needs.etcd ? await startEtcd(options.etcd, warden) : null
  await using scratch = warden.makeDir('scratch')
  let hear: (news: News) => void = () => {}
  await using target = await startTarget({
    node,
    warden,
    logs: out,
    readyWithinMs: plan.startTimeoutMs,
    onNews: (news) => hear(news),
  })
  await setUp(target, plan, etcd, scratch.path)

  const header: HeaderLine = {
    line: 'header',
    schema: 'holdwater-recording/1',
    tool: toolVersion(),
    startedAt: new Date().toISOString(),
    host,
    etcd: etcd && { provider: etcd.provider, version: etcd.version, endpoints: etcd.endpoints },
    plan,
  }
  const recorder = openRecording(join(out, RECORDING_FILE), header)
  options.onStart(header)
  try {
    await observe({
      plan,
      target,
      etcd,
      recorder,
      look: { early: lookEarly, apparentLeaks },
      interrupted: options.interrupted,
      onNews: (listener) => {
        hear = listener
      },
      onProgress: (progress) => options.onProgress(progress, recorder.recording),
    })
    await tearDown(target, plan)
  } finally {
    recorder.close()
  }
  return recorder.recording
}

async function setUp(target: StartedTarget, plan: Plan, etcd: StartedEtcd | null, dir: string): Promise<void> {
  const { file } = plan.scenario
  const where = etcd && { endpoints: etcd.endpoints, hosts: etcd.hosts }
  try {
    await target.ask({ ask: 'load', file, etcd: where, dir }, plan.startTimeoutMs)
    await target.ask({ ask: 'setup' }, plan.startTimeoutMs)
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    const tail = error.scenarioStack === null ? `\n${target.stderrTail()}`.trimEnd() : ''
    throw new UsageError(`${file}: \`${error.during}\` failed: ${error.message}${tail}`, { cause: error })
  }
}

/** A teardown that fails changes no verdict: everything is ended in any case. */
async function tearDown(target: StartedTarget, plan: Plan): Promise<void> {
  try {
    await target.ask({ ask: 'teardown' }, plan.cycleTimeoutMs)
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
  }
}
