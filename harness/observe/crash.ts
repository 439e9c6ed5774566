/**
 * Watches a run that is to crash, or that runs under a limit: the first cycle that the limit refuses is the crash, by the
 * error that the target tells of or by the kernel's count, whether or not the target survives it.
 */
import type { CrashLine, Plan } from '../model.ts'
import type { Exit } from '../processes/start.ts'
import type { Cycles } from './cycles.ts'
import type { Halt } from './halt.ts'
import { openRefusals } from './limits.ts'
import { type Refusal, refusalIn } from './refusal.ts'
import type { Target } from './target.ts'

export type CrashWatch = {
  /** A cycle that failed, by its number. */
  onFailed(index: number, message: string): void
  /** Looks for what the kernel, or the target's stderr, says meanwhile. */
  look(): void
  /** A reading that failed, of a target that lives. */
  onUnread(message: string): void
  /** @param exit of a target that has left; null of one that lives */
  crash(exit: Exit | null): Omit<CrashLine, 'line'> | null
}

/** A run that wants no crash, and has no limit, is not watched for one. */
export const isToCrash = ({ until, limits }: Pick<Plan, 'until' | 'limits'>): boolean =>
  until === 'crash' || limits.length > 0

type Seen = Refusal | { resource: Refusal['resource']; error: null }

export function watchForCrash({
  target,
  cycles,
  halt,
  ms,
}: {
  target: Target
  cycles: Pick<Cycles, 'done'>
  halt: Halt
  ms: () => number
}): CrashWatch {
  const refusals = openRefusals(target.pid)
  let seen: (Pick<CrashLine, 'ms' | 'cycles'> & Seen) | null = null

  const counted = (): Seen | null => {
    const { threads, memory } = refusals()
    if (threads) return { resource: 'threads', error: null }
    return memory ? { resource: 'memory', error: null } : null
  }
  const see = (what: Seen, cycle: number) => {
    // The kernel counts before the target has told what it got.
    if (seen) seen = { ...seen, error: seen.error ?? what.error, cycles: Math.min(seen.cycles, cycle) }
    else seen = { ...what, ms: ms(), cycles: cycle }
  }
  return {
    onFailed(index, message) {
      const refusal = refusalIn(message)
      if (!refusal) return
      see(refusal, index)
      halt.now('crashed', refusal.error)
    },
    onUnread(message) {
      const refusal = refusalIn(message)
      if (refusal) see(refusal, cycles.done)
    },
    look() {
      if (seen) return
      const refusal = target.refused() ?? counted()
      if (!refusal) return
      see(refusal, cycles.done)
      halt.now('crashed', refusal.error ?? `the kernel refused ${refusal.resource}`)
    },
    crash(exit) {
      const last = target.refused() ?? counted()
      if (last && (exit || seen)) see(last, cycles.done)
      if (!seen && (exit === null || exit.code === 0)) return null
      const { resource, ...what } = seen ?? { resource: null, error: null, ms: ms(), cycles: cycles.done }
      const count = resource === 'threads' || resource === 'memory' ? refusals()[resource] : null
      return { ...what, resource, refusals: count, survived: exit === null }
    },
  }
}
