/** The loop: batches of cycles, a checkpoint after each, until the run is long enough, certain, or over. */
import { setImmediate } from 'node:timers/promises'
import type { Faults } from '../dcs/faults.ts'
import type { StartedEtcd } from '../dcs/started.ts'
import { TargetError } from '../errors.ts'
import type { CheckpointLine, Ending, EndLine, EventLine, Plan, Readings, Recording } from '../model.ts'
import { isCommand } from '../model.ts'
import type { Counted } from '../processes/limit.ts'
import type { Recorder } from '../recording/write.ts'
import { isToCrash, watchForCrash } from './crash.ts'
import { type Cycles, driveCycles } from './cycles.ts'
import { finalDrain } from './drain.ts'
import { type Schedule, schedule, underFault } from './faults.ts'
import { makeHalt } from './halt.ts'
import { openLedger, recordLedger } from './ledger.ts'
import {
  ceilingsOf,
  chooseBatch,
  grownPerCycle,
  leastBatch,
  lengthLeft,
  lengthReached,
  memoryIsDue,
  type Pace,
  paceOf,
  towardsLimit,
  twice,
} from './length.ts'
import { readLimits } from './limits.ts'
import { type MemoryPhase, openMemoryPhase } from './memory-phase.ts'
import { type Progress, progressOf } from './progress.ts'
import type { News } from './protocol.ts'
import { type FullReading, openSampler, type ReadOptions } from './sampler.ts'
import type { Target } from './target.ts'
import { warmUp } from './warm-up.ts'
import { watchRun } from './watch.ts'

export type Observation = {
  plan: Plan
  /** What is limited in a cgroup that the target has to itself. */
  counted: Counted
  target: Target
  etcd: StartedEtcd | null
  /** What brings about the faults of the plan. */
  faults: Faults | null
  recorder: Recorder
  /** Judges what is there: whether to stop, and what a drain may see return. */
  look: {
    early(recording: Recording): 'leaking' | 'clean' | 'counts-clean' | null
    apparentLeaks(recording: Recording): readonly { name: string; start: number | null }[]
    /** Whether a run with a ledger has enough of it. */
    canExplain(recording: Recording): boolean
  }
  onProgress: (progress: Progress) => void
  /** Ctrl-C: the run stops at the next checkpoint and is judged. */
  interrupted: AbortSignal
  /** Connects the target's news to the loop. */
  onNews: (listener: (news: News) => void) => void
}

type Ended = { ending: Ending; text: string }

/** Runs the cycles of a target that was set up, recording everything. */
export async function observe(observation: Observation): Promise<void> {
  const { plan, target, etcd, recorder, look, interrupted } = observation
  const began = performance.now()
  const ms = () => Math.round(performance.now() - began)
  let phase: Progress['phase'] = 'warm-up'
  let drainMs = 0
  /** Where the first checkpoint was: length counts from there. */
  let origin = { cycles: 0, ms: 0 }
  let start: Readings = {}
  // Of what is not limited it may die first, wherever memory is not measured before it does.
  const memoryFirst =
    plan.limits.some(({ resource }) => resource === 'memory') || (plan.until === 'crash' && plan.limits.length === 0)
  const measuresMemory =
    !isCommand(plan) && (memoryFirst || plan.resources.some(({ unit, level }) => unit === 'bytes' && level !== 'off'))
  // Memory that a budget names has to be decided; else it may stay open.
  const mustDecideMemory = plan.resources.some(
    ({ unit, level, named }) => unit === 'bytes' && level === 'error' && named,
  )
  let beforeMemory: EndLine['beforeMemory'] = null
  /** When a batch of an explaining run is stopped. */
  let until = plan.length.forMs ?? Infinity
  const sinceOrigin = () => ({ cycles: cycles.done - origin.cycles, ms: ms() - origin.ms - drainMs })

  const event = (kind: EventLine['kind'], text: string) =>
    recorder.write({ line: 'event', ms: ms(), cycles: cycles.done, kind, text })
  const halt = makeHalt(({ hard }) => {
    target.stop()
    if (hard) void target[Symbol.asyncDispose]()
  })
  const cycles: Cycles = driveCycles({
    plan,
    target,
    halt,
    event,
    onFailed: (index, message) => crash?.onFailed(index, message),
    onBatch({ load, batchMs: tookMs }) {
      const faulted = cycles.underFault !== null
      if (load) recorder.write({ line: 'load', ms: ms(), cycles: cycles.done, tookMs, faulted, ...load })
    },
  })
  const crash = isToCrash(plan) ? watchForCrash({ plan, counted: observation.counted, target, cycles, halt, ms }) : null
  observation.onNews(cycles.hear)
  const judgesPss = plan.resources.some(({ name, level }) => name === 'pss' && level !== 'off')
  const sampler = await openSampler(target, etcd, judgesPss)
  const ledger = target.ledger && openLedger(target, etcd)
  const record = (at: CheckpointLine['phase'], { reset, ...reading }: FullReading) => {
    if (reset !== null) event(reset.kind, reset.text)
    recorder.write({ line: 'checkpoint', ms: ms(), phase: at, cycles: cycles.done, failed: cycles.failed, ...reading })
  }

  const recordLimits = () => {
    const limits = [...sampler.heapLimit(), ...readLimits(target.pid)]
    crash?.onLimits(limits, recorder.recording.checkpoints.at(-1)?.readings ?? {})
    if (limits.length > 0) recorder.write({ line: 'limits', ms: ms(), cycles: cycles.done, limits })
  }

  const watched = watchRun({
    plan,
    target,
    etcd,
    cycles,
    halt,
    interrupted,
    event,
    start: () => start,
    crash,
    onSample: (readings) => recorder.write({ line: 'sample', ms: ms(), cycles: cycles.done, readings }),
    onTick() {
      observation.onProgress(progressOf(plan, phase, cycles, sinceOrigin()))
      // What explains may not take longer than what was measured: a batch that does is ended after its present cycle.
      if (ledger && phase === 'run' && sinceOrigin().ms > until) target.stop()
    },
  })

  /** Cycles by now; of a target that runs on, also those that it has told of since its last batch. */
  async function countCycles(): Promise<number> {
    if (target.runsOn) await setImmediate()
    return cycles.done + (target.ahead?.() ?? 0)
  }

  async function checkpoint(options?: ReadOptions) {
    const from = performance.now()
    const reading = await sampler.read(ledger ? { closing: true } : options)
    record('run', reading)
    if (ledger) await recordLedger(ledger, async () => ({ ms: ms(), cycles: await countCycles() }), recorder.write)
    if (crash) recordLimits()
    return { ...reading, tookMs: performance.now() - from }
  }

  async function drain(): Promise<void> {
    const apparent = look.apparentLeaks(recorder.recording)
    if (apparent.length === 0 || target.runsOn) return
    const from = performance.now()
    phase = 'drain'
    event('drain', `up to ${plan.drainForMs / 1000} s for ${apparent.map(({ name }) => name).join(', ')} to return`)
    await finalDrain({
      levels: Object.fromEntries(apparent.map(({ name, start }) => [name, start])),
      drainForMs: plan.drainForMs,
      read: sampler.read,
      record: (reading) => record('drain', reading),
      aborted: () => halt.halted?.hard ?? false,
    })
    phase = 'run'
    drainMs += performance.now() - from
  }

  /** From here on every checkpoint comes after a full collection, which slows the cycles: so counts come first. */
  function measureMemory(planned: Parameters<typeof openMemoryPhase>[0], batches: { most: number; before: number }) {
    event('memory', 'every checkpoint from here on comes after a full collection')
    beforeMemory = { cycles: cycles.done, batchMs: cycles.batchMs }
    return openMemoryPhase(planned, batches)
  }

  /** The next fault, and the cycles that run under it. */
  async function endure(coming: Schedule, { msPerCycle }: Pace): Promise<void> {
    const { faults } = observation
    const fault = coming.take(cycles.done)
    if (!faults) return
    const run = { plan, faults, cycles, target, halt, event, ms, left: lengthLeft(plan, sinceOrigin()) }
    const line = await underFault(fault, coming.taken, msPerCycle, run)
    if (line) recorder.write(line)
  }

  /** Runs to the planned length or a certain verdict; null when something halted the run. */
  async function untilDone(): Promise<Ended | null> {
    // A command has started when its first mark comes; its pace is measured from there.
    if (target.runsOn) await cycles.batch(1)
    const before = await sampler.read()
    start = before.readings
    recordLimits()
    const warm = await warmUp({ plan, cycles, halt, before, read: sampler.read, short: crash !== null })
    event('warm-up', `${cycles.done} cycles before the first checkpoint`)
    if (halt.halted) return null
    phase = 'run'
    target.begin?.()
    origin = { cycles: cycles.done, ms: ms() }
    const first = await checkpoint()
    let last = first
    const measured = [ledger ? { ...warm, msPerCheckpoint: first.tookMs } : warm]
    /** What batches are planned by. */
    let planned = { ...plan, ceilings: ceilingsOf(plan, crash ? recorder.recording.limits.at(-1)?.limits : []) }
    let batch = crash ? 1 : Infinity
    let refuted = false
    let again: number | null = null
    let memory: MemoryPhase | null = null
    if (memoryFirst) memory = measureMemory(planned, { most: Infinity, before: batch })
    const coming = schedule(observation.faults ? plan.faults : [], cycles.done)
    for (let checkpoints = 0; !halt.halted; checkpoints++) {
      if (lengthReached(planned.length, sinceOrigin())) {
        if (plan.endless) {
          planned = { ...planned, length: twice(planned.length) }
          memory?.lengthen()
        } else if (!ledger || look.canExplain(recorder.recording))
          return { ending: 'length', text: 'the planned length' }
        // On a busy machine: of fewer ledgers nobody can say what grows. The next batch gets the time of one more.
        else until = sinceOrigin().ms + (plan.length.forMs ?? Infinity) / plan.length.checkpoints
      }
      if (!memory && measuresMemory && memoryIsDue(plan.length, sinceOrigin()))
        memory = measureMemory(planned, { most: Infinity, before: batch })
      // It only shrinks, so that the planned checkpoints still fit when the pace falls. Growth is per cycle: unequal
      // batches are sound.
      const pace = paceOf(crash ? { growth: grownPerCycle(first, last, sinceOrigin().cycles) } : warm, measured)
      if (crash) batch = towardsLimit(batch, chooseBatch(planned, { ...sinceOrigin(), checkpoints }, pace))
      else if (memory) batch = memory.batch(sinceOrigin(), pace)
      else batch = Math.min(batch, chooseBatch(planned, { ...sinceOrigin(), checkpoints }, pace))
      const left = coming.left(cycles.done)
      const wanted = ledger ? Math.max(batch, leastBatch(plan.length, pace)) : batch
      let msPerCycle: number | null = null
      if (left === 0) await endure(coming, pace)
      else msPerCycle = (await cycles.batch(Math.min(wanted, left))).msPerCycle
      crash?.look()
      last = await checkpoint(memory ? { closing: false, collect: true } : undefined)
      memory?.read()
      // What runs under a fault says nothing of the pace.
      if (msPerCycle !== null) measured.push({ ...warm, msPerCycle, msPerCheckpoint: last.tookMs })
      if (plan.until === 'end' || halt.halted) continue
      const certain = look.early(recorder.recording)
      if (certain === 'clean' || (certain === 'counts-clean' && !measuresMemory))
        return { ending: 'certain-clean', text: 'every gating resource is clean' }
      if (certain === 'counts-clean' && !memory)
        memory = measureMemory(planned, { most: Math.ceil(batch / 2), before: batch })
      else if (certain === 'counts-clean' && memory && !mustDecideMemory && memory.isOver)
        return { ending: 'certain-clean', text: 'every gating count is clean, and memory has been measured' }
      if (plan.until === 'crash') continue
      if (certain === 'leaking' && target.runsOn) {
        // Without a drain to wait in, what fills up is told from what leaks by as many cycles again.
        again ??= sinceOrigin().cycles * 2
        if (sinceOrigin().cycles >= again) return { ending: 'certain-leak', text: 'the leak is certain' }
      } else if (certain === 'leaking' && !refuted) {
        await drain()
        if (look.early(recorder.recording) === 'leaking') return { ending: 'certain-leak', text: 'the leak is certain' }
        refuted = true // what looked like a leak has returned: only the whole run can tell now
      }
    }
    return null
  }

  async function toTheEnd(): Promise<Ended | null> {
    const ended = await untilDone()
    const soft = halt.halted && !halt.halted.hard
    // After a drain, while memory is measured, and with a ledger, everything was read in this way already; a command always is.
    const read = target.runsOn || ledger !== null || ended?.ending === 'certain-leak' || beforeMemory !== null
    if (!halt.halted?.hard && phase === 'run' && !read) await checkpoint({ closing: true })
    if (!halt.halted?.hard) recordLimits()
    if ((soft && halt.halted?.ending !== 'crashed') || ended?.ending === 'length') await drain()
    return ended
  }

  let ended: Ended | null = null
  /** A target that could not be read, and that we end for it. */
  let livesOn = false
  try {
    ended = await toTheEnd()
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    livesOn = await Promise.race([target.ended.then(() => false), setImmediate(true)])
    if (livesOn) crash?.onUnread(error.message)
    halt.now('target-died', error.message, { hard: true })
  } finally {
    watched[Symbol.dispose]()
  }
  const broken = halt.halted?.hard ? halt.halted : null
  let { ending, text } = broken ?? ended ?? (halt.halted as Ended)
  // An etcd that somebody else runs shows its death in the cycles that fail.
  if (ending === 'failed-cycles' && etcd && !(await etcd.answers()))
    [ending, text] = ['etcd-died', `etcd at ${etcd.endpoints[0]} no longer answers`]
  const exit = broken ? { ...(await target.ended), stderrTail: target.stderrTail() } : null
  const crashed = ending === 'crashed' || ending === 'target-died' ? crash?.crash(livesOn ? null : exit) : null
  if (crashed) {
    ending = 'crashed'
    recorder.write({ line: 'crash', ...crashed })
  }
  const { done, failed, faulted, batchMs } = cycles
  recorder.write({ line: 'end', ms: ms(), cycles: done, failed, faulted, batchMs, beforeMemory, ending, text, exit })
}
