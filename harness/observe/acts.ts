/** How each step of the loop is done: cycles run, views are read, and what they say is recorded. */
import { setImmediate } from 'node:timers/promises'
import type { Acts } from '../loop/drive.ts'
import type { Halt } from '../loop/halt.ts'
import type { At } from '../loop/state.ts'
import {
  type CheckpointLine,
  type EndLine,
  type EventLine,
  isCommand,
  type Limit,
  type Readings,
  type Recording,
} from '../model.ts'
import { collectorsOf } from '../processes/collector.ts'
import type { Family } from '../processes/family.ts'
import type { CrashWatch } from './crash.ts'
import type { Cycles } from './cycles.ts'
import { drain, waitsFor } from './drain.ts'
import { underFault } from './faults.ts'
import { type openLedger, recordLedger } from './ledger.ts'
import { readLimits } from './limits.ts'
import type { Observation } from './observation.ts'
import type { Outlook, Progress } from './progress.ts'
import type { FullReading, Sampler } from './sampler.ts'

/** What the steps leave for those who look on. */
export type Seen = {
  phase: Progress['phase']
  /** Before the first cycle; the thread guard counts from there. */
  start: Readings
  outlook: Outlook | null
  /** Where memory began to be measured. */
  beforeMemory: EndLine['beforeMemory']
}

export type ActsOptions = Observation & {
  at: () => At
  event: (kind: EventLine['kind'], text: string) => void
  halt: Halt
  cycles: Cycles
  crash: CrashWatch | null
  sampler: Sampler
  family: Family
  ledger: ReturnType<typeof openLedger> | null
  seen: Seen
}

/** Whether several processes were added up, when they were read last. */
const areSeveral = ({ header, checkpoints }: Recording): boolean =>
  header.plan.tree && (checkpoints.at(-1)?.readings.children ?? 0) > 0

export function makeActs(options: ActsOptions): Acts {
  const { plan, target, faults, recorder, look, at, event, halt, cycles, crash, sampler, family, ledger, seen } =
    options
  const record = (phase: CheckpointLine['phase'], { reset, ...reading }: FullReading) => {
    if (reset !== null) event(reset.kind, reset.text)
    const { ms, cycles: done } = at()
    recorder.write({ line: 'checkpoint', ms, phase, cycles: done, failed: cycles.failed, ...reading })
  }
  const recordLimits = (): Limit[] => {
    // Each of several processes has limits of its own.
    const limits = [...sampler.heapLimit(), ...readLimits(target.pid, areSeveral(recorder.recording))]
    crash?.onLimits(limits, recorder.recording.checkpoints.at(-1)?.readings ?? {})
    const { ms, cycles: done } = at()
    if (limits.length > 0) recorder.write({ line: 'limits', ms, cycles: done, limits })
    return limits
  }
  /** Cycles by now; of a target that runs on, also those that it has told of since its last batch. */
  const countCycles = async () => {
    if (target.runsOn) await setImmediate()
    return { ms: at().ms, cycles: cycles.done + (target.ahead?.() ?? 0) }
  }
  return {
    async batch({ cycles: count }) {
      const { msPerCycle } = await cycles.batch(count)
      crash?.look()
      return { msPerCycle }
    },
    async read({ first }) {
      // Before the first cycle a full collection costs nothing: there is nothing yet that it could forget.
      const reading = await sampler.read({ closing: false, collect: first })
      if (!first) return { reading, limits: [] }
      seen.start = reading.readings
      const collectors = isCommand(plan) ? collectorsOf(family.live()) : []
      const { readings } = reading
      recorder.write({ line: 'start', ms: at().ms, readings, ...(collectors.length > 0 && { collectors }) })
      return { reading, limits: recordLimits() }
    },
    async begin({ pace }) {
      event('warm-up', `${cycles.done} cycles before the first checkpoint`)
      seen.outlook = plan.length.mostMs === null ? null : look.outlook(plan, pace.msPerCycle)
      if (seen.outlook && seen.outlook.ms > (plan.length.forMs ?? 0)) options.onOutlook(seen.outlook)
      seen.phase = 'run'
      target.begin?.()
      return {}
    },
    async checkpoint({ collect, closing }) {
      const from = performance.now()
      const reading = await sampler.read({ closing, collect })
      record('run', reading)
      if (ledger) await recordLedger(ledger, countCycles, recorder.write)
      if (crash && !closing) recordLimits()
      return { reading: { readings: reading.readings, tookMs: performance.now() - from } }
    },
    async fault({ fault, nth, msPerCycle, left }) {
      if (faults) {
        const run = { plan, faults, cycles, target, halt, event, ms: () => at().ms, left }
        const line = await underFault(fault, nth, msPerCycle, run)
        if (line) recorder.write(line)
      }
      crash?.look()
      return {}
    },
    look: async ({ for: asked }) => ({ for: asked, found: look.at(recorder.recording, asked) }),
    async memory({ why }) {
      event('memory', `${why}: every checkpoint from here on comes after a full collection`)
      seen.beforeMemory = { cycles: cycles.done, batchMs: cycles.batchMs }
      return {}
    },
    'go-on': async () => ({}),
    async drain({ why, rests }) {
      const raised = look.raised(recorder.recording)
      if (raised.length === 0 || target.runsOn) return { tookMs: 0 }
      const from = performance.now()
      seen.phase = 'drain'
      const leastMs = waitsFor(raised, rests, plan.drainForMs)
      const upTo = leastMs > 0 ? `up to ${leastMs / 1000} s for` : 'until nothing falls of'
      event('drain', `${why}: ${upTo} ${raised.map(({ name }) => name).join(', ')}`)
      await drain({
        raised,
        leastMs,
        read: sampler.read,
        record: (reading) => record('drain', reading),
        aborted: () => halt.halted?.hard ?? false,
      })
      seen.phase = 'run'
      return { tookMs: performance.now() - from }
    },
    async limits() {
      recordLimits()
      return {}
    },
  }
}
