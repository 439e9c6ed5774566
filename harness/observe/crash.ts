/**
 * Watches a run that is to crash, or that runs under a limit: the first cycle that the limit refuses is the crash, whether
 * or not the target survives it. What proves a refusal: the kernel's count in a cgroup that the target has to itself; an
 * error that names one, of a target that is close to that limit; or that it stays below a limit which it would have passed
 * by now, had it grown as before.
 */

import type { Halt } from '../loop/halt.ts'
import type { CrashLine, Limit, Plan, Readings } from '../model.ts'
import type { Counted } from '../processes/limit.ts'
import type { Exit } from '../processes/start.ts'
import type { Cycles } from './cycles.ts'
import { openRefusals, readLimits } from './limits.ts'
import { type Refusal, refusalsIn } from './refusal.ts'
import type { Target } from './target.ts'

export type CrashWatch = {
  /** A cycle that failed, by its number. */
  onFailed(index: number, message: string): void
  /** A reading that failed, of a target that lives. */
  onUnread(message: string): void
  /** What limits there are, what is used of them, and what of that is the target's, at a checkpoint. */
  onLimits(limits: readonly Limit[], readings: Readings): void
  /** Looks for what the kernel, or the target's stderr, says meanwhile. */
  look(): void
  /** @param exit of a target that has left; null of one that lives */
  crash(exit: Exit | null): Omit<CrashLine, 'line'> | null
}

type Seen = { resource: Refusal['resource']; error: string | null }

/** Those that nobody counts refusals of, and that show when they are used up. */
const rlimits: Partial<Record<string, string>> = { threads: 'RLIMIT_NPROC', fds: 'RLIMIT_NOFILE' }

/** So little is left where what is refused is larger than that, as a worker's descriptors are. */
const AT_IT = { least: 5, share: 0.05 }
/** One that grew as before would have passed its limit by so many. */
const BY_NOW = 2
type At = Pick<CrashLine, 'ms' | 'cycles'> & { now: number }

/** So close to a limit, words about it are believed: of threads and descriptors; of memory, which is asked for in large pieces. */
const CLOSE = { least: 3, share: 0.1, ofMemory: 0.5 }
/** What a dead one had left is known from its last checkpoint only. */
const CLOSE_BEFORE_DEATH = { ...CLOSE, share: 0.25 }
const RECENT = 3

export function watchForCrash({
  plan,
  counted,
  target,
  cycles,
  halt,
  ms,
}: {
  plan: Pick<Plan, 'limits'>
  /** What is limited in a cgroup that the target has to itself. */
  counted: Readonly<Counted>
  target: Target
  cycles: Pick<Cycles, 'done'>
  halt: Halt
  ms: () => number
}): CrashWatch {
  const refusals = openRefusals(target.pid, counted)
  let seen: (Pick<CrashLine, 'ms' | 'cycles'> & Seen) | null = null
  /** At the last checkpoints: the very last may have met it dying. */
  let recent: (readonly Limit[])[] = []
  /** Since when as much is used of an rlimit as now, and where the run began. */
  const stays = new Map<string, At & { from: At }>()

  const see = (what: Seen & Partial<Pick<CrashLine, 'ms'>>, cycle: number) => {
    // The kernel counts before the target has told what it got.
    if (seen) seen = { ...seen, error: seen.error ?? what.error, cycles: Math.min(seen.cycles, cycle) }
    else seen = { ms: ms(), ...what, cycles: cycle }
  }
  /** The kernel counts for others, too, in a cgroup that is not the target's own. */
  const byKernel = (): Seen | null => {
    const found = counted.find(({ resource }) => refusals()[resource])
    return found ? { resource: found.resource, error: null } : null
  }
  const isLimited = (resource: Refusal['resource']) =>
    plan.limits.length === 0 || plan.limits.some((limit) => limit.resource === resource)
  const isClose = (resource: Refusal['resource'], limits: readonly Limit[], { least, share, ofMemory } = CLOSE) =>
    isLimited(resource) &&
    limits.some(
      ({ resource: of, limit, now }) =>
        of === resource &&
        limit - now <= Math.max(least, limit * (of === 'memory' && plan.limits.length > 0 ? ofMemory : share)),
    )
  /** Words alone prove nothing: a program may speak of limits. */
  const believed = (refusals: readonly Refusal[]): Refusal | null => {
    if (refusals.length === 0) return null
    const limits = readLimits(target.pid)
    return refusals.find(({ resource }) => isClose(resource, limits)) ?? null
  }

  const beforeDeath = ({ signal }: Exit): Seen | null => {
    const said = target.refused()
    const own = byKernel()
    if (own) return { ...own, error: said.find(({ resource }) => resource === own.resource)?.error ?? null }
    if (signal === 'SIGKILL' && refusals().memory) return { resource: 'memory', error: null }
    const tellsIt = (of: Refusal['resource']) =>
      of === 'heap' || (isLimited(of) && (recent.length === 0 || of === 'memory'))
    return (
      said.find(
        ({ resource }) => tellsIt(resource) || recent.some((limits) => isClose(resource, limits, CLOSE_BEFORE_DEATH)),
      ) ?? null
    )
  }

  return {
    onFailed(index, message) {
      // A server may say no more than that it failed.
      const refusal = believed(refusalsIn(message)) ?? byKernel()
      if (!refusal) return
      see(refusal, index)
      halt.now('crashed', refusal.error ?? `the kernel refused ${refusal.resource}`)
    },
    onUnread(message) {
      const refusal = believed(refusalsIn(message))
      if (refusal) see(refusal, cycles.done)
    },
    onLimits(limits, readings) {
      recent = [...recent, limits].slice(-RECENT)
      const here = { ms: ms(), cycles: cycles.done }
      for (const { resource, value } of plan.limits) {
        const used = limits.find(({ source }) => source === rlimits[resource])
        if (!used) continue
        const since = stays.get(resource) ?? { ...here, now: used.now, from: { ...here, now: used.now } }
        stays.set(resource, since.now === used.now ? since : { ...here, now: used.now, from: since.from })
        // Others of the same user may use up what is left.
        const isOwn = (readings[resource] ?? 0) >= value / 2
        const perCycle = (since.now - since.from.now) / Math.max(1, since.cycles - since.from.cycles)
        const left = used.limit - used.now
        // What stays further below may be a pool that is full.
        const isAtIt = left <= Math.max(AT_IT.least, AT_IT.share * used.limit)
        const byNow = perCycle * (here.cycles - since.cycles)
        if (since.now !== used.now || !isOwn || !isAtIt || byNow < left + BY_NOW) continue
        see({ resource, error: null, ms: since.ms }, since.cycles)
        halt.now('crashed', `it stays at its limit of ${value} ${resource}`)
      }
    },
    look() {
      if (seen) return
      const refusal = byKernel() ?? believed(target.refused())
      if (!refusal) return
      see(refusal, cycles.done)
      halt.now('crashed', refusal.error ?? `the kernel refused ${refusal.resource}`)
    },
    crash(exit) {
      const final = exit ? beforeDeath(exit) : seen && believed(target.refused())
      if (final) see(final, cycles.done)
      if (!seen && (exit === null || exit.code === 0)) return null
      const { resource, ...what } = seen ?? { resource: null, error: null, ms: ms(), cycles: cycles.done }
      const count = resource === 'threads' || resource === 'memory' ? refusals()[resource] : null
      return { ...what, resource, refusals: count, survived: exit === null }
    },
  }
}
