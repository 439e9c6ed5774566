/** The loop: batches of cycles, a checkpoint after each, until the run is long enough, certain, or over. */
import type { StartedEtcd } from '../dcs/etcd.ts'
import { TargetError } from '../errors.ts'
import type { CheckpointLine, EventLine, Plan, Readings, Recording } from '../model.ts'
import type { Recorder } from '../recording/write.ts'
import { finalDrain } from './drain.ts'
import { makeHalt } from './halt.ts'
import { chooseBatch, lengthReached, type Pace } from './length.ts'
import type { News } from './protocol.ts'
import { type FullReading, guardPassed, openSampler, startTimeline } from './sampler.ts'
import type { StartedTarget } from './target.ts'

/** Where a run stands, for whoever watches it. */
export type Progress = {
  phase: 'warm-up' | 'run' | 'drain'
  cycles: number
  failed: number
  cyclesPerSecond: number | null
  /** Until the planned length; a certain verdict comes sooner. */
  msLeft: number | null
}

export type Observation = {
  plan: Plan
  target: StartedTarget
  etcd: StartedEtcd | null
  recorder: Recorder
  /** Judges what is there: whether to stop, and what a drain may see return. */
  look: {
    early(recording: Recording): 'leaking' | 'clean' | null
    apparentLeaks(recording: Recording): readonly { name: string; start: number | null }[]
  }
  onProgress: (progress: Progress) => void
  /** Ctrl-C: the run stops at the next checkpoint and is judged. */
  interrupted: AbortSignal
  /** Gets the target's news; the target is started before the loop and must not wait for it. */
  onNews: (listener: (news: News) => void) => void
}

const WARM_UP_MS = 1000
const WARM_UP_SHARE = 100 // of the planned cycles
/** Cycles that fail are not held against a run before this many have. */
const LEAST_FAILED = 10
/** A guard passed by half again is no longer stopped for at the end of a cycle. */
const HARD_GUARD = 1.5
/** How long after `cycleTimeout` a target that says nothing is given up. */
const SILENCE_MS = 2500
const READ_WITHIN_MS = 60_000

/** Runs the cycles of a target that was set up, recording everything. */
export async function observe(observation: Observation): Promise<void> {
  const { plan, target, etcd, recorder, look, onProgress, interrupted } = observation
  const began = performance.now()
  const ms = () => Math.round(performance.now() - began)
  let cycles = 0
  let failed = 0
  let inBatch: { cycles: number; failed: number; heard: number } | null = null
  let batchMs = 0
  let drainMs = 0
  let checkpointMs = 0
  let phase: Progress['phase'] = 'warm-up'
  let start: Readings = {}
  /** The first checkpoint's place: length counts from here. */
  let origin = { cycles: 0, ms: 0, checkpoints: 0 }

  const event = (kind: EventLine['kind'], text: string) =>
    recorder.write({ line: 'event', ms: ms(), cycles: cycles + (inBatch?.cycles ?? 0), kind, text })
  const halt = makeHalt(({ hard }) => {
    target.stop()
    if (hard) void target[Symbol.asyncDispose]()
  })
  const run = () => ({ cycles: cycles - origin.cycles, ms: ms() - origin.ms - drainMs })
  const progress = () => {
    const all = cycles + (inBatch?.cycles ?? 0)
    const { length } = plan
    const done = { ...run(), cycles: all - origin.cycles }
    const pace = done.cycles > 0 ? done.ms / done.cycles : null
    const left = [
      length.cycles === null || pace === null ? Infinity : (length.cycles - done.cycles) * pace,
      length.forMs === null ? Infinity : length.forMs - done.ms,
    ]
    const msLeft = Math.min(...left)
    onProgress({
      phase,
      cycles: all,
      failed: failed + (inBatch?.failed ?? 0),
      cyclesPerSecond: pace ? 1000 / pace : null,
      msLeft: Number.isFinite(msLeft) && phase === 'run' ? Math.max(0, msLeft) : null,
    })
  }

  const checkFailures = () => {
    const [of, bad] = [cycles + (inBatch?.cycles ?? 0), failed + (inBatch?.failed ?? 0)]
    if (bad >= LEAST_FAILED && bad > plan.maxFailedCycles * of)
      halt.now('failed-cycles', `${bad} of ${of} cycles failed`)
  }
  observation.onNews((news) => {
    if (news.tells === 'progress' && inBatch) {
      inBatch = { cycles: news.cycles, failed: news.failed, heard: performance.now() }
      checkFailures()
    } else if (news.tells === 'failed-cycle') event('failed-cycle', `cycle ${news.index}: ${news.message}`)
    else if (news.tells === 'log') event('log', news.text)
    else if (news.tells === 'exiting') event('target', `process.exit(${news.code}) was called in a cycle`)
    else if (news.tells === 'hung')
      halt.now('cycle-timeout', `cycle ${news.index} was still running ${plan.cycleTimeoutMs / 1000} s after it began`, { hard: true })
  })
  etcd?.died.then((text) => {
    event('etcd', text)
    halt.now('etcd-died', text, { hard: true })
  })
  const onInterrupt = () => halt.now('interrupted', 'Ctrl-C')
  interrupted.addEventListener('abort', onInterrupt)
  if (interrupted.aborted) onInterrupt()

  const timeline = startTimeline(target.pid, (readings) => {
    recorder.write({ line: 'sample', ms: ms(), cycles: cycles + (inBatch?.cycles ?? 0), readings })
    const passed = guardPassed(plan.guards, start, readings)
    if (passed && !halt.halted) event('guard', passed)
    if (passed) {
      const far = guardPassed({ threads: plan.guards.threads * HARD_GUARD, memory: plan.guards.memory * HARD_GUARD }, start, readings)
      halt.now('guard', passed, { hard: far !== null })
    }
  })
  const ticking = setInterval(() => {
    progress()
    if (inBatch && performance.now() - inBatch.heard > plan.cycleTimeoutMs + SILENCE_MS)
      halt.now('cycle-timeout', `cycle ${cycles + inBatch.cycles} or one soon after it kept the event loop for ${plan.cycleTimeoutMs / 1000} s`, { hard: true })
  }, 250)

  async function batch(count: number): Promise<{ msPerCycle: number }> {
    inBatch = { cycles: 0, failed: 0, heard: performance.now() }
    try {
      const done = await target.ask({ ask: 'batch', from: cycles, count, cycleTimeoutMs: plan.cycleTimeoutMs })
      cycles += done.cycles
      failed += done.failed
      batchMs += done.batchMs
      return { msPerCycle: done.batchMs / Math.max(1, done.cycles) }
    } catch (error) {
      // What the last progress told is known to have run.
      cycles += inBatch.cycles
      failed += inBatch.failed
      throw error
    } finally {
      inBatch = null
      checkFailures()
    }
  }

  const sampler = await openSampler(target, etcd)
  const read = async (options: { withPeers: boolean }): Promise<FullReading> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const message = `it gave no reading within ${READ_WITHIN_MS / 1000} s`
      timer = setTimeout(() => reject(new TargetError('read', message)), READ_WITHIN_MS)
    })
    try {
      return await Promise.race([sampler.read(options), late])
    } finally {
      clearTimeout(timer)
    }
  }
  const record = (at: CheckpointLine['phase']) => (reading: FullReading) =>
    recorder.write({ line: 'checkpoint', ms: ms(), phase: at, cycles, failed, ...reading })
  const checkpoint = async (options = { withPeers: false }) => {
    const reading = await read(options)
    record('run')(reading)
    checkpointMs = reading.tookMs
  }

  async function warmUp(): Promise<Pace> {
    const most = plan.warmup ?? Math.max(1, Math.floor((plan.length.cycles ?? Infinity) / WARM_UP_SHARE))
    const until = ms() + (plan.warmup === null ? WARM_UP_MS : Infinity)
    let pace: Pace = { msPerCycle: 1, msPerCheckpoint: 1, threadsPerCycle: 0, memoryPerCycle: 0 }
    let before = await read({ withPeers: false })
    start = before.readings
    // Doubling: the first cycles connect, compile and fill caches; the last batch tells the pace.
    for (let size = 1; cycles < most && ms() < until && !halt.halted; size *= 2) {
      const count = Math.min(size, most - cycles)
      const { msPerCycle } = await batch(count)
      const after = await read({ withPeers: false })
      const grown = (name: string) => Math.max(0, ((after.readings[name] ?? 0) - (before.readings[name] ?? 0)) / count)
      pace = { msPerCycle, msPerCheckpoint: after.tookMs, threadsPerCycle: grown('threads'), memoryPerCycle: grown('rss') }
      before = after
    }
    event('warm-up', `${cycles} cycles before the first checkpoint`)
    return pace
  }

  async function drain(): Promise<void> {
    const apparent = look.apparentLeaks(recorder.recording)
    if (apparent.length === 0) return
    const from = performance.now()
    phase = 'drain'
    event('drain', `waiting up to ${plan.drainForMs / 1000} s for ${apparent.map(({ name }) => name).join(', ')} to return`)
    const levels = Object.fromEntries(apparent.map(({ name, start }) => [name, start]))
    await finalDrain({
      levels,
      drainForMs: plan.drainForMs,
      read,
      record: record('drain'),
      aborted: () => halt.halted?.hard ?? false,
    })
    phase = 'run'
    drainMs += performance.now() - from
  }

  async function cyclesUntilDone(): Promise<{ ending: 'length' | 'certain-leak' | 'certain-clean'; text: string } | null> {
    let pace = await warmUp()
    phase = 'run'
    if (halt.halted) return null
    await checkpoint({ withPeers: true })
    start = { ...start, ...recorder.recording.checkpoints[0]?.readings }
    origin = { cycles, ms: ms(), checkpoints: 0 }
    let size = Infinity
    let refuted = false
    for (let checkpoints = 0; !halt.halted; ) {
      if (lengthReached(plan.length, run())) return { ending: 'length', text: 'the planned length' }
      // It only shrinks: when the pace falls, the planned checkpoints still fit. Growth is per cycle, so unequal
      // batches are sound.
      const left = plan.length.cycles === null ? Infinity : plan.length.cycles - run().cycles
      size = Math.min(size, chooseBatch(plan, { ...run(), checkpoints }, { ...pace, msPerCheckpoint: checkpointMs }))
      pace = { ...pace, ...(await batch(Math.min(size, left))) }
      await checkpoint()
      checkpoints++
      if (plan.until === 'end' || halt.halted) continue
      const certain = look.early(recorder.recording)
      if (certain === 'clean') return { ending: 'certain-clean', text: 'every gating resource is clean' }
      if (certain === 'leaking' && !refuted) {
        await drain()
        if (look.early(recorder.recording) === 'leaking') return { ending: 'certain-leak', text: 'the leak is certain' }
        refuted = true // what looked like a leak has returned: only the whole run can tell now
      }
    }
    return null
  }

  let finished: Awaited<ReturnType<typeof cyclesUntilDone>> = null
  try {
    finished = await cyclesUntilDone()
    const soft = halt.halted && !halt.halted.hard
    if (soft && cycles > origin.cycles) await checkpoint({ withPeers: true })
    if (soft || finished?.ending === 'length') await drain()
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    if (!halt.halted) halt.now('target-died', error.message, { hard: true })
  } finally {
    clearInterval(ticking)
    timeline.stop()
    interrupted.removeEventListener('abort', onInterrupt)
  }
  const broken = halt.halted?.hard ? halt.halted : null
  const { ending, text } = broken ?? finished ?? halt.halted ?? { ending: 'length' as const, text: '' }
  const exit = broken ? { ...(await target.ended), stderrTail: target.stderrTail() } : null
  recorder.write({ line: 'end', ms: ms(), cycles, failed, batchMs, ending, text, exit })
}
