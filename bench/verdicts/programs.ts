/**
 * Programs that a whole run is simulated with: what a resource reads at a cycle. `reach` is how many cycles a run has before it goes
 * on, so that a shape looks alike at every pace.
 */
import type { Random } from './random.ts'

/** How far a run is; `rests`: no cycles run. */
type At = { cycle: number; ms: number; rests: boolean }
/** What a resource reads; it is asked with cycles and times that only grow. */
export type Course = (random: Random, reach: number) => (at: At) => number

export type Program = Readonly<Record<string, Course>>

const plus =
  (...courses: Course[]): Course =>
  (random, reach) => {
    const parts = courses.map((course) => course(random, reach))
    return (now) => parts.reduce((sum, at) => sum + at(now), 0)
  }

const stragglers: Course = (random) => () => random.poisson(0.3)
const leak =
  (perCycle: number): Course =>
  (random) => {
    let [at, kept] = [0, 0]
    return ({ cycle }) => {
      kept += random.poisson(perCycle * (cycle - at))
      at = cycle
      return kept
    }
  }
/** What is made once, each at a moment of its own. */
const made =
  (moments: readonly number[]) =>
  ({ cycle }: At) =>
    moments.filter((at) => at <= cycle).length
const drawn = (n: number, moment: () => number): number[] => Array.from({ length: n }, moment)
const warmUp: Course = (random, reach) =>
  made(drawn(Math.round(random.between(3, 30)), () => random.exponential(random.between(0.003, 0.01) * reach)))
const singleton: Course = (random, reach) => made([random.between(0, 0.9) * reach])
const step: Course = (random, reach) => {
  const [at, size] = [random.between(0, 0.4) * reach, Math.round(random.between(2, 12))]
  return ({ cycle }) => (cycle >= at ? size : 0)
}

/** What comes and goes, and is gone at rest: it fills up to a level, about which it wanders. */
const transient: Course = (random, reach) => {
  const [level, full] = [random.between(20, 900), random.between(0.02, 0.3) * reach]
  let now = 0
  return ({ cycle, rests }) => {
    now = 0.8 * now + 0.6 * random.normal()
    return rests ? 0 : Math.max(0, Math.round(level * Math.min(1, cycle / full) * (1 + 0.1 * now)))
  }
}
/** A pool that is full while cycles run: what never comes back takes the place of what does. */
const pooled =
  (inner: Course): Course =>
  (random, reach) => {
    const [at, size] = [inner(random, reach), Math.round(random.between(50, 200))]
    return (now) => (now.rests ? at(now) : Math.max(size, at(now)))
  }

/** A few children, each with a thread of its own, that are there or not. */
const jobs: Course = (random, reach) => {
  const at = transient(random, reach)
  return (now) => Math.round(at(now) / 100)
}

/** Each is held for so many ms, whether cycles run or not. */
const heldFor =
  (ttl: number): Course =>
  () => {
    const seen = [{ cycle: 0, ms: 0 }]
    return ({ cycle, ms }) => {
      seen.push({ cycle, ms })
      while ((seen[1]?.ms ?? Infinity) <= ms - ttl) seen.shift()
      const [from, to] = seen as [Omit<At, 'rests'>, Omit<At, 'rests'>]
      const share = to.ms > from.ms ? Math.max(0, ms - ttl - from.ms) / (to.ms - from.ms) : 0
      return Math.round(cycle - from.cycle - Math.min(1, share) * (to.cycle - from.cycle))
    }
  }
/** All is held until nothing has run for so many ms. */
const heldUntilIdle =
  (idle: number): Course =>
  () => {
    let [last, kept] = [{ cycle: 0, ms: 0 }, 0]
    return ({ cycle, ms }) => {
      if (cycle > last.cycle) {
        kept += cycle - last.cycle
        last = { cycle, ms }
      } else if (ms - last.ms >= idle) kept = 0
      return kept
    }
  }

/** A young heap: it learns, by up to 1.2 MB in some hundred cycles, and wavers by so many bytes. */
const heap =
  (noise: number): Course =>
  (random) => {
    const [learns, scale] = [random.between(1e5, 1.2e6), random.between(50, 150)]
    return ({ cycle }) => 1e7 + learns * (1 - Math.exp(-cycle / scale)) + noise * random.normal()
  }
const wandering: Course = (random) => {
  let now = 0
  return () => {
    now = 0.9 * now + 0.44 * random.normal()
    return 30_000 * now
  }
}
const kept =
  (perCycle: number): Course =>
  () =>
  ({ cycle }) =>
    perCycle * cycle
/** A cache that setup filled, and that expires. */
const expires: Course = (random, reach) => {
  const [held, until] = [random.between(5e6, 4e7), random.between(0.3, 0.75) * reach]
  return ({ cycle }) => held * Math.max(0, 1 - cycle / until)
}
/** Blocks that are kept, each as large as so many bytes per cycle come to. */
const blocksOf =
  (perCycle: number): Course =>
  (random, reach) => {
    const [every, phase] = [random.between(0.1, 0.35) * reach, random.between(0, 1)]
    return ({ cycle }) => perCycle * every * Math.floor(cycle / every + phase)
  }
/** A collection of entries, and its table of `each` bytes an entry, which grows by a factor. */
const table =
  (perCycle: number, each: number, factor: number): Course =>
  (random) => {
    const phase = random.between(1, factor)
    const capacity = (cycle: number) =>
      phase * factor ** Math.ceil(Math.log(Math.max(1, cycle) / phase) / Math.log(factor))
    return ({ cycle }) => perCycle * cycle + each * capacity(cycle)
  }
const fills: Course = (random, reach) => {
  const full = random.between(0.05, 0.3) * reach
  return ({ cycle }) => 1000 * Math.min(cycle, full)
}

const QUIET = 3000
const quiet = heap(QUIET)

export const clean: Record<string, Program> = {
  'nothing grows': { heap: quiet },
  stragglers: { threads: stragglers, heap: quiet },
  'a warm-up that plateaus': { threads: plus(warmUp, stragglers), heap: quiet },
  'a singleton made late': { fds: singleton, heap: quiet },
  'two singletons made late': { fds: plus(singleton, singleton), heap: quiet },
  'a step': { sockets: step, heap: quiet },
  'what comes and goes': { sockets: transient, heap: quiet },
  'what comes and goes, beside a warm-up': { sockets: plus(transient, warmUp), heap: quiet },
  'what comes and goes, beside two singletons': { sockets: plus(transient, singleton, singleton), heap: quiet },
  'a pool that is always full': { sockets: pooled(() => () => 0), heap: quiet },
  'held for 5 s': { timers: heldFor(5000), heap: quiet },
  'held for 9 s': { timers: heldFor(9000), heap: quiet },
  'what comes and goes, beside a step': { sockets: plus(transient, step), heap: quiet },
  'children that come and go': { children: jobs, threads: jobs, heap: quiet },
  'a heap that wavers': { heap: heap(60_000) },
  'a heap that wanders': { heap: plus(quiet, wandering) },
  'a cache that fills, and stops': { heap: plus(quiet, fills) },
}

/** What is held for longer than the drain of a run with default options waits. */
export const lateReleases: Record<string, Program> = {
  'held for 20 s': { timers: heldFor(20_000), heap: quiet },
  'held for 60 s': { timers: heldFor(60_000), heap: quiet },
}

/** @param rate what *clean* must rule out at this pace */
export const leakingCounts = (rate: number): Record<string, Program> => ({
  'twice what clean rules out': { threads: leak(2 * rate), heap: quiet },
  'with stragglers': { threads: plus(leak(2 * rate), stragglers), heap: quiet },
  'under a warm-up': { threads: plus(leak(2 * rate), warmUp), heap: quiet },
  'beside a step': { threads: plus(leak(2 * rate), step), heap: quiet },
  'beside a late singleton': { threads: plus(leak(2 * rate), singleton), heap: quiet },
})

/** What shows at rest only, or only while cycles run. @param rate what *clean* must rule out at this pace */
export const hiddenLeaks = (rate: number): Record<string, Program> => ({
  'under what comes and goes': { sockets: plus(leak(2 * rate), transient), heap: quiet },
  'in a pool that is always full': { sockets: pooled(leak(2 * rate)), heap: quiet },
  'held until nothing has run for 3 s': { timers: heldUntilIdle(3000), heap: quiet },
  'held until nothing has run for 9 s': { timers: heldUntilIdle(9000), heap: quiet },
  'held until nothing has run for 20 s': { timers: heldUntilIdle(20_000), heap: quiet },
  'under a step between rests': { sockets: plus(leak(2 * rate), transient, step), heap: quiet },
  'among children that come and go': { children: plus(leak(2 * rate), jobs), threads: jobs, heap: quiet },
  'beside what is held for 5 s': { timers: plus(leak(2 * rate), heldFor(5000)), heap: quiet },
})

export const leakingMemory: Record<string, Program> = {
  '400 B per cycle': { heap: plus(quiet, kept(400)) },
  '400 B per cycle, in a heap that wavers': { heap: plus(heap(60_000), kept(400)) },
  '400 B per cycle, in a heap that wanders': { heap: plus(quiet, wandering, kept(400)) },
  '400 B per cycle, kept in a Map': { heap: plus(quiet, table(400, 24, 2)) },
  '400 B per cycle, kept in an array': { heap: plus(quiet, table(400, 8, 1.5)) },
  '400 B per cycle, beside a cache that fills': { heap: plus(quiet, fills, kept(400)) },
  '2 kB per cycle, beside a cache that expires': { heap: plus(quiet, expires, kept(2000)) },
  '2 kB per cycle, external, in blocks': { heap: quiet, external: blocksOf(2000) },
  '64 kB per cycle, external': { heap: quiet, external: kept(64_000) },
}
