/** The whole run of one scenario: describe → plan → etcd → target → recording. */
import { rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type EtcdChoice, findRunningEtcd, startEtcd } from './dcs/etcd.ts'
import { type Faults, openFaults } from './dcs/faults.ts'
import type { StartedEtcd } from './dcs/started.ts'
import { messageOf, SkippedError, TargetError, UsageError } from './errors.ts'
import { framesToShow } from './explain/explain.ts'
import { canExplain } from './explain/growth.ts'
import type { Wanted } from './explain/wanted.ts'
import { hostNow, toolVersion } from './host.ts'
import { lookByNow, lookEarly, raised } from './judge/look.ts'
import { outlookOf } from './judge/reach.ts'
import { type EtcdIdentity, type HeaderLine, isCommand, type Plan, RECORDING_SCHEMA, type Recording } from './model.ts'
import { COMMAND_LOGS, findCommand, startCommand } from './observe/command-target.ts'
import { watchExit } from './observe/exit.ts'
import { nodeTarget, READ_WITHIN_MS } from './observe/node-target.ts'
import type { Look } from './observe/observation.ts'
import { observe } from './observe/observe.ts'
import type { Outlook, Progress } from './observe/progress.ts'
import type { EtcdSeen, News } from './observe/protocol.ts'
import { LOG_FILES, type ScenarioProcess, startScenarioProcess, tailOf } from './observe/scenario-process.ts'
import { sourcesOf } from './observe/sources.ts'
import { explaining, inSmallSteps, makePlan, type PlanOptions, twiceAsLong } from './plan.ts'
import { openLimits } from './processes/limit.ts'
import type { Warden } from './processes/warden.ts'
import { projectOf } from './project.ts'
import { RECORDING_FILES } from './recording/files.ts'
import { openRecording, type Recorder } from './recording/write.ts'
import { describeScenario } from './scenario/describe.ts'
import type { ScenarioFile } from './scenario/names.ts'
import { redactHeader } from './secrets.ts'
import { findServer, putUnderLoad } from './server-load.ts'

export type SoakOptions = Omit<PlanOptions, 'exclusiveEtcd' | 'machineMemory'> & {
  /** Folder of this run's recording and logs; it is there and can be written to. */
  out: string
  role: keyof typeof RECORDING_FILES
  /** Of a second run in small steps: how many cycles. */
  steps?: number
  /** Of a run that explains: what it is asked for. */
  explains?: Wanted
  etcd: EtcdChoice
  node: string
  /** Load may go to other machines, too. */
  allowRemote?: boolean
  /** The options as they were typed, for whoever wants to repeat the run. */
  typed: readonly string[]
  revision: string | null
  /** Scenarios soaked side by side. Default 1. */
  jobs?: number
  warden: Warden
  interrupted: AbortSignal
  /** Told before something that may take long. */
  onWait: (text: string) => void
  /** Called when everything is there and the cycles begin. */
  onStart: (header: HeaderLine) => void
  onProgress: (progress: Progress, recording: Recording) => void
  /** Called once the pace is known, of a run that goes on until it knows. */
  onOutlook: (outlook: Outlook, plan: Plan) => void
}

/**
 * Soaks one scenario and returns what was recorded.
 * @throws UsageError for a scenario that cannot be used, EnvironmentError when there is no etcd, SkippedError when the
 *   command that it is about is not there
 */
export async function soak(scenario: ScenarioFile, options: SoakOptions): Promise<Recording> {
  const { out, warden, node } = options
  const clear = (names: readonly string[]) => {
    for (const name of names) rmSync(join(out, name), { force: true })
  }
  clear([...LOG_FILES, ...COMMAND_LOGS])
  const described = await describeScenario(scenario, { ...options, logs: out })
  const host = hostNow()
  const needsEtcd = Boolean(described.fields.needs?.etcd)
  const found = needsEtcd ? await findRunningEtcd(options.etcd) : null
  await using running = found?.etcd ?? null
  const planned = makePlan(described, { ...options, exclusiveEtcd: !running, machineMemory: host.memory })
  const { explains } = options
  const plan = furtherPlan(planned, options)
  const project = projectOf(scenario.file)
  // What an earlier run left must not be taken for this one's; a mistake in the scenario or in what was typed deletes nothing.
  clear(options.role === 'measure' ? Object.values(RECORDING_FILES) : [RECORDING_FILES[options.role]])

  const { command: needed } = plan.needs
  if (needed !== null && !findCommand(needed))
    throw new SkippedError(
      `${needed} is not on this machine. ${described.fields.install ?? `Put ${needed} on the PATH.`}`,
      described.fields,
    )

  const { passedOver = [] } = found ?? {}
  await using own =
    needsEtcd && !running
      ? await startEtcd(options.etcd, {
          warden,
          say: options.onWait,
          readyWithinMs: plan.startTimeoutMs,
          passedOver,
          needs: plan.needs,
        })
      : null
  const etcd = running ?? own
  await using faults = etcd && plan.faults.length > 0 ? await openFaults(etcd, plan.faults, warden) : null
  await using scratch = warden.makeDir('scratch')
  let hear: (news: News) => void = () => {}
  const ofCommand = isCommand(plan)
  // The process of a command's scenario is not what is limited.
  await using ownLimits = await openLimits(ofCommand ? [] : plan.limits, warden)
  await using scenarioProcess = await startScenarioProcess({
    node,
    warden,
    logs: out,
    readyWithinMs: plan.startTimeoutMs,
    onNews: (news) => hear(news),
    dns: faults?.dns ?? null,
    prefix: ownLimits.prefix,
  }).catch((error) => {
    if (ownLimits.set.length === 0) throw error
    throw tooLow(plan, messageOf(error), tailOf(join(out, LOG_FILES[1])))
  })
  const keepsLedger = explains !== undefined
  if (explains && !ofCommand)
    await scenarioProcess.ask({ ask: 'open-ledger', project, ...explains }, plan.startTimeoutMs)
  const where = etcd && seenBy(etcd, faults)
  const argv = await setUp(scenarioProcess, plan, where, scratch.path)
  await using commandLimits = await openLimits(ofCommand ? plan.limits : [], warden)
  await using alone = argv
    ? await startCommand({
        argv,
        plan,
        warden,
        logs: out,
        dir: scratch.path,
        serverState: described.fields.serverState ? () => serverStateOf(scenarioProcess) : null,
        keepsLedger,
        prefix: commandLimits.prefix,
        onNews: (news) => hear(news),
      }).catch((error) => {
        throw commandLimits.set.length > 0 ? tooLow(plan, messageOf(error), '') : error
      })
    : nodeTarget(scenarioProcess, { ...plan, pace: etcd?.pace ?? null, keepsLedger })
  const { load } = described.fields
  const server = load && (await findServer(scenarioProcess, alone, plan, options))
  await using underWay =
    load && server
      ? await putUnderLoad(alone, server, {
          load,
          plan,
          pace: etcd?.pace ?? null,
          warden,
          onNews: (news) => hear(news),
        })
      : null
  const target = underWay ?? alone

  const header = redactHeader({
    line: 'header',
    schema: RECORDING_SCHEMA,
    tool: toolVersion(),
    startedAt: new Date().toISOString(),
    host,
    etcd: etcd && identityOf(etcd, own?.passedOver ?? passedOver),
    command: argv,
    role: options.role,
    url: server?.href ?? null,
    jobs: options.jobs ?? 1,
    project,
    argv: ['run', relative(process.cwd(), scenario.file), ...options.typed],
    revision: options.revision,
    limits: [...ownLimits.set, ...commandLimits.set],
    plan,
  })
  const recorder = openRecording(join(out, RECORDING_FILES[options.role]), header)
  options.onStart(header)
  try {
    await observe({
      plan,
      counted: [...ownLimits.counted, ...commandLimits.counted],
      target,
      etcd,
      faults,
      recorder,
      look: explains ? explainingLook(plan.length.cycles, explains.growth) : measuringLook,
      interrupted: options.interrupted,
      onNews: (listener) => {
        hear = listener
      },
      onOutlook: (outlook) => options.onOutlook(outlook, plan),
      onProgress: (progress) => options.onProgress(progress, recorder.recording),
    })
    const early = recorder.recording.crash
    if (early?.resource && recorder.recording.checkpoints.length === 0 && early.cycles === 0)
      throw tooLow(plan, early.error ?? `the kernel refused ${early.resource}`, target.stderrTail())
    if (explains) for (const line of sourcesOf(framesToShow(recorder.recording))) recorder.write(line)
    // A command has to be gone before what it uses is.
    if (argv) await target[Symbol.asyncDispose]()
    const failure = await tearDown(scenarioProcess, plan)
    if (failure !== null) {
      const { ms, cycles } = recorder.recording.end ?? { ms: 0, cycles: 0 }
      recorder.write({ line: 'event', ms, cycles, kind: 'target', text: `teardown failed: ${failure}` })
    }
    const { end } = recorder.recording
    if (!argv && plan.exit.level !== 'off' && end?.exit === null && end.ending !== 'crashed') {
      const exit = await watchExit(scenarioProcess, plan.exit.withinMs)
      recorder.write(exit)
      if (exit.left) await tellCrash(scenarioProcess, recorder)
    }
  } finally {
    recorder.close()
  }
  return recorder.recording
}

/** The plan of the run that measures is as it is; further ones have their own. */
function furtherPlan(plan: Plan, { explains, steps, role }: SoakOptions): Plan {
  if (explains) return explaining(plan, explains)
  if (steps !== undefined) return inSmallSteps(plan, steps)
  return role === 'confirm' ? twiceAsLong(plan) : plan
}

const measuringLook: Look = {
  at: (recording, asked) => (asked === 'certain' ? lookEarly(recording) : lookByNow(recording)),
  raised,
  outlook: outlookOf,
}
/** What explains a leak judges nothing, and has nothing to wait for. */
const explainingLook = (planned: number | null, growth: number | null): Look => ({
  at: (recording) => (canExplain(recording, { planned, growth }) ? 'explained' : null),
  raised: () => [],
  outlook: outlookOf,
})

function tooLow({ limits, ...plan }: Plan, why: string, words: string): UsageError {
  const asked = limits.map(({ resource, value }) => `--limit ${resource}=${value}`).join(' ')
  const text = `${asked}: the target does not get to its first cycle under it (${why})${isCommand(plan) ? '' : '; Node itself needs about 10 threads, 25 descriptors and, of address space, 2 GB'}`
  return new UsageError(`${text}\n${words}`.trimEnd())
}

/** Where a scenario finds its etcd: by the way that can be broken, where one is. */
export function seenBy({ endpoints, hosts, tls, account }: StartedEtcd, faults: Faults | null): EtcdSeen {
  const [scheme] = (endpoints[0] ?? '').split('//')
  const auth = account && { username: account.username, password: account.password }
  const way = faults
    ? { endpoints: faults.hosts.map((host) => `${scheme}//${host}`), hosts: [...faults.hosts] }
    : { endpoints, hosts }
  return { ...way, ca: tls?.ca ?? null, auth }
}

/** Loads and sets up; returns what to run, for a command target. */
async function setUp(
  process: ScenarioProcess,
  plan: Plan,
  etcd: EtcdSeen | null,
  dir: string,
): Promise<string[] | null> {
  const { file } = plan.scenario
  try {
    await process.ask({ ask: 'load', file, etcd, dir }, plan.startTimeoutMs)
    await process.ask({ ask: 'setup' }, plan.startTimeoutMs)
    await process.ask({ ask: 'emitters' }, plan.startTimeoutMs)
    return isCommand(plan) ? (await process.ask({ ask: 'command' }, plan.startTimeoutMs)).argv : null
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    const tail = error.scenarioStack === null ? `\n${process.stderrTail()}`.trimEnd() : ''
    throw new UsageError(`${file}: \`${error.during}\` failed: ${error.message}${tail}`, { cause: error })
  }
}

/** A teardown that fails changes no verdict: everything is ended in any case. Returns what went wrong, or null. */
async function tearDown(process: ScenarioProcess, plan: Plan): Promise<string | null> {
  try {
    await process.ask({ ask: 'teardown' }, plan.cycleTimeoutMs)
    return null
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return error.message
  }
}

/** Leaving by itself with an error is no leak, and worth knowing. */
async function tellCrash(process: ScenarioProcess, { recording, write }: Recorder): Promise<void> {
  const exit = await process.ended
  const { ms, cycles } = recording.end ?? { ms: 0, cycles: 0 }
  if (exit.code !== 0)
    write({ line: 'event', ms, cycles, kind: 'target', text: `after its teardown it ${await process.lastWords}` })
}

const serverStateOf = async (process: ScenarioProcess): Promise<Record<string, number>> =>
  (await process.ask({ ask: 'read', collect: false }, READ_WITHIN_MS)).serverState

const identityOf = ({ provider, version, endpoints, pace }: StartedEtcd, passedOver: string[]): EtcdIdentity => ({
  provider,
  version,
  endpoints,
  pace,
  passedOver,
})
