/** Watches, beside the loop, for what may end a run: guards, a silent target, a dead etcd, Ctrl-C. */
import type { StartedEtcd } from '../dcs/started.ts'
import type { Halt } from '../loop/halt.ts'
import type { EventLine, Plan, Readings } from '../model.ts'
import type { Family } from '../processes/family.ts'
import type { CrashWatch } from './crash.ts'
import type { Cycles } from './cycles.ts'
import { sharedOnce } from './kernel.ts'
import { guardPassed, SAMPLE_EVERY_MS, startTimeline } from './sampler.ts'
import type { Target } from './target.ts'

/** A guard passed by half again is no longer waited for until the cycle ends. */
const HARD_GUARD = 1.5

export type Watched = {
  plan: Plan
  target: Target
  family: Family
  etcd: StartedEtcd | null
  cycles: Cycles
  halt: Halt
  interrupted: AbortSignal
  event: (kind: EventLine['kind'], text: string) => void
  /** A timeline sample, several times a second. */
  onSample: (readings: Readings) => void
  /** Several times a second, also where there are no samples. */
  onTick: () => void
  /** Readings that the thread guard counts from. */
  start: () => Readings
  /** Of a run that is to crash. */
  crash: CrashWatch | null
}

export function watchRun({
  plan,
  target,
  family,
  etcd,
  cycles,
  halt,
  interrupted,
  event,
  onSample,
  onTick,
  start,
  crash,
}: Watched): Disposable {
  const { guards } = plan
  const far = { threads: guards.threads * HARD_GUARD, memory: guards.memory * HARD_GUARD }

  const timeline = startTimeline({ ...target, family }, (sampled) => {
    onSample(sampled)
    // Several processes share pages, and their sum counts these for each.
    const pids = (sampled.rss ?? 0) > guards.memory ? family.live() : []
    const readings = pids.length > 1 ? { ...sampled, rss: sharedOnce(pids) } : sampled
    const passed = guardPassed(guards, start(), readings)
    if (!passed) return
    if (!halt.halted) event('guard', passed)
    halt.now('guard', passed, { hard: guardPassed(far, start(), readings) !== null })
  })
  const ticking = setInterval(() => {
    onTick()
    crash?.look()
    const { afterMs, ending, text } = target.silence(cycles.done)
    const { hung } = cycles
    const stuck = `cycle ${hung} was still running ${plan.cycleTimeoutMs / 1000} s after the fault it ran under was over`
    if (cycles.silentMs > afterMs)
      halt.now(hung === null ? ending : 'cycle-timeout', hung === null ? text : stuck, { hard: true })
  }, SAMPLE_EVERY_MS)

  let over = false
  etcd?.died.then((text) => {
    if (over) return
    event('etcd', text)
    halt.now('etcd-died', text, { hard: true })
  })
  const onInterrupt = () => {
    event('interrupted', 'Ctrl-C')
    halt.now('interrupted', 'Ctrl-C')
  }
  interrupted.addEventListener('abort', onInterrupt, { once: true })
  if (interrupted.aborted) onInterrupt()

  return {
    [Symbol.dispose]() {
      over = true
      clearInterval(ticking)
      timeline.stop()
      interrupted.removeEventListener('abort', onInterrupt)
    },
  }
}
