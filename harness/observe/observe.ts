/** Runs a target that was set up to its end, recording everything: what the loop decides is done here. */
import { setImmediate } from 'node:timers/promises'
import { TargetError } from '../errors.ts'
import { drive } from '../loop/drive.ts'
import { makeHalt } from '../loop/halt.ts'
import { sinceOrigin } from '../loop/next.ts'
import type { At, State } from '../loop/state.ts'
import { type EventLine, isToCrash, type Readings } from '../model.ts'
import { openFamily } from '../processes/family.ts'
import { makeActs, type Seen } from './acts.ts'
import { watchForCrash } from './crash.ts'
import { driveCycles } from './cycles.ts'
import { recordEnd } from './ending.ts'
import { openLedger } from './ledger.ts'
import type { Observation } from './observation.ts'
import { progressOf } from './progress.ts'
import { openSampler } from './sampler.ts'
import { watchRun } from './watch.ts'

/** Runs the cycles of a target that was set up, recording everything. */
export async function observe(observation: Observation): Promise<void> {
  const { plan, target, etcd, recorder, interrupted } = observation
  const began = performance.now()
  const ms = () => Math.round(performance.now() - began)
  const event = (kind: EventLine['kind'], text: string, stack = '') =>
    recorder.write({ line: 'event', ms: ms(), cycles: cycles.done, kind, text, ...(stack && { stack }) })
  const halt = makeHalt(({ hard }) => {
    target.stop()
    if (hard) void target[Symbol.asyncDispose]()
  })
  const cycles = driveCycles({
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
  const toCrash = isToCrash(plan)
  const crash = toCrash ? watchForCrash({ plan, counted: observation.counted, target, cycles, halt, ms }) : null
  observation.onNews(cycles.hear)
  const judgesPss = plan.resources.some(({ name, level }) => name === 'pss' && level !== 'off')
  const family = openFamily(target.pid, plan)
  const sampler = await openSampler(target, etcd, { judgesPss, family })
  const ledger = target.ledger && openLedger(target, etcd)

  const seen: Seen = { phase: 'warm-up', start: {}, outlook: null, beforeMemory: null }
  let state: State | null = null
  const at = (): At => ({ cycles: cycles.done, ms: ms(), halted: halt.halted })
  const acts = makeActs({ ...observation, at, event, halt, cycles, crash, sampler, family, ledger, seen })

  const watched = watchRun({
    plan,
    target,
    family,
    etcd,
    cycles,
    halt,
    interrupted,
    event,
    start: (): Readings => seen.start,
    crash,
    onSample: (readings) => recorder.write({ line: 'sample', ms: ms(), cycles: cycles.done, readings }),
    onTick() {
      if (!state) return
      const since = sinceOrigin(state, at())
      observation.onProgress(progressOf({ ...plan, outlook: seen.outlook }, seen.phase, cycles, since))
      // What explains may not take longer than what was measured: a batch that does is ended after its present cycle.
      if (ledger && seen.phase === 'run' && since.ms > state.stopAtMs) target.stop()
    },
  })

  /** A target that could not be read, and that we end for it. */
  let livesOn = false
  const lost = async (error: unknown) => {
    if (!(error instanceof TargetError)) return false
    livesOn = await Promise.race([target.ended.then(() => false), setImmediate(true)])
    if (livesOn) crash?.onUnread(error.message)
    halt.now('target-died', error.message, { hard: true })
    return true
  }
  const course = { plan, runsOn: target.runsOn, explains: ledger !== null, toCrash }
  const ended = await drive(course, {
    acts,
    at,
    lost,
    onStep(_, now) {
      state = now
    },
  }).finally(() => watched[Symbol.dispose]())
  await recordEnd({ ended, halted: halt.halted, target, etcd, crash, livesOn, cycles, ms, recorder, seen })
}
