/**
 * Each process of a tree by itself. Their sum hides what grows in one: a worker that ends takes with it what it had leaked, and one that shrinks makes up for
 * another that grows.
 *
 *     one   ╱│      ╱│      ╱│     a worker that is replaced: each of its lives grows to its end
 *          ╱ │     ╱ │     ╱ │
 *     sum  ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾     their floor does not
 *
 * Only what leaks is said; the sum is what *clean* is about. Pure.
 */
import { isRowOf, type Recording, type ResourceVerdict, rowOf } from '../model.ts'
import { acceptance } from './acceptance.ts'
import { mayBeCollected, OUTLASTS_MS } from './collector.ts'
import { judgeCount } from './count.ts'
import type { Point } from './floor.ts'
import { limitsOf, RUN_FALSE_ALARM, type Rules, type SeriesVerdict } from './rules.ts'
import { shardsOf } from './shards.ts'
import { judgeSeries } from './verdict.ts'

/** What is read of each process. */
const PER_PROCESS = ['threads', 'fds', 'sockets']
/** Whether a row is of the processes by one name. */
export const isOfProcess = (name: string): boolean => PER_PROCESS.some((resource) => isRowOf(name, resource))

/** A process that is there at fewer checkpoints says nothing. */
const LEAST_LIVED = 10
/** So many lives of a worker that is replaced are a pattern. */
const LEAST_LIVES = 3
/** One that lives as long as this share of the run, and to its end, is judged by its own series. */
const LONG = 0.5
/** Work that moves from one process to another of its name is no growth: all by one name have to grow by this share of what one of them does. */
const OWN_SHARE = 0.5
/**
 * The first fifth of a life is its warm-up. A cache that fills like a logarithm grows less than this in the last two fifths, by what it grew in the two
 * before: unless its scale is over half of a life.
 */
const WARMS_UP = 0.2
const KEEPS_ON = 0.7

type Life = { points: Point[]; fromMs: number; toMs: number; name: string; reachesEnd: boolean }

/** Lives of processes, by what they are called at last; numbers in a name, of a worker or a port, tell nobody apart. */
function livesOf(recording: Recording, name: string): Map<string, Life[]> {
  const shards = shardsOf(recording)
  const lives: Life[] = []
  let open = new Map<string, Life>()
  let last = -Infinity
  for (const { cycles: cycle, ms, phase, processes } of recording.checkpoints) {
    // Alone it is not recorded by itself: who is there after that has lived on.
    if (!processes) continue
    // Another run has other processes, whatever their numbers.
    const isAnew = shards.some((at) => at > last && at <= cycle)
    const now: typeof open = new Map()
    for (const [id, readings] of Object.entries(processes)) {
      const value = readings[name]
      if (value == null) continue
      const [pid = ''] = id.split(' ', 1)
      const before = isAnew ? undefined : open.get(pid)
      const life = before ?? { points: [], fromMs: ms, toMs: ms, name: '', reachesEnd: false }
      if (!before) lives.push(life)
      life.points.push({ cycle, value, drain: phase === 'drain' })
      Object.assign(life, { toMs: ms, name: id.slice(pid.length + 1) })
      now.set(pid, life)
    }
    open = now
    last = cycle
  }
  for (const life of open.values()) life.reachesEnd = true
  // One that ends lets go of all it has, one by one, and may be read in the middle of that.
  for (const life of lives) if (!life.reachesEnd) life.points.pop()
  return Map.groupBy(lives, (life) => life.name.replace(/\d+/g, 'N'))
}

const spanOf = ({ points }: Life): number => (points.at(-1)?.cycle ?? 0) - (points[0]?.cycle ?? 0)
const grownIn = (points: readonly Point[]): number => (points.at(-1)?.value ?? 0) - (points[0]?.value ?? 0)
/** The part of a life from one share of its readings to another. */
const partOf = ({ points }: Life, from: number, to: number): Point[] => {
  const run = points.filter(({ drain }) => !drain)
  const at = (share: number) => Math.floor(share * (run.length - 1))
  return run.slice(at(from), at(to) + 1)
}

/** Parts of lives, one after the other, and where each begins. */
function laidEndToEnd(lives: readonly (readonly Point[])[]): { points: Point[]; resets: number[] } {
  const points: Point[] = []
  const resets: number[] = []
  for (const life of lives) {
    const begin = (points.at(-1)?.cycle ?? -1) + 1
    if (points.length > 0) resets.push(begin)
    const first = life[0]?.cycle ?? 0
    points.push(...life.map((point) => ({ ...point, cycle: begin + point.cycle - first })))
  }
  return { points, resets }
}

/** Whether lives grow to their ends. */
function keepOn(lives: readonly Life[]): boolean {
  const grown = (from: number, to: number) => lives.reduce((sum, life) => sum + grownIn(partOf(life, from, to)), 0)
  const middle = (1 + WARMS_UP) / 2
  return grown(middle, 1) >= KEEPS_ON * grown(WARMS_UP, middle)
}

/** What is replaced leaks where its lives grow to their ends. */
function judgeReplaced(lives: readonly Life[], rules: Rules): SeriesVerdict | null {
  if (lives.length < LEAST_LIVES || !keepOn(lives)) return null
  const { points, resets } = laidEndToEnd(lives.map((life) => partOf(life, 0.5, 1)))
  return judgeCount(points, rules, { resets, anew: true })
}

type Found = { judged: SeriesVerdict; life: Life }

/** The verdict on the processes by one name, where they leak. */
function judgeRole(all: readonly Life[], runCycles: number, rules: Rules): Found | null {
  const lives = all.filter(({ points }) => points.length >= LEAST_LIVED)
  const grown = all.reduce((sum, { points }) => sum + grownIn(points), 0)
  const isLong = (life: Life) => life.reachesEnd && spanOf(life) >= LONG * runCycles
  const long = lives
    .filter((life) => isLong(life) && grown >= OWN_SHARE * grownIn(life.points))
    .map((life): Found => ({ judged: judgeSeries(life.points, 'count', rules), life }))
  const short = lives.filter((life) => !isLong(life))
  const replaced = judgeReplaced(short, rules)
  const judged = replaced ? [...long, { judged: replaced, life: short.at(-1) as Life }] : long
  const leaks = judged.filter((one) => one.judged.verdict === 'leaking')
  return leaks.toSorted((a, b) => (b.judged.low ?? 0) - (a.judged.low ?? 0))[0] ?? null
}

/**
 * What leaks in single processes: `threads of python3 worker.py`. Nobody sees one of them for long, or knows what they do with each other: a second run has to
 * see it, too.
 * @param sums what was said of the same resources, added up: where such a sum leaks, its rows only say where
 */
export function processesThatLeak(
  recording: Recording,
  sums: readonly Omit<ResourceVerdict, 'headroom' | 'forecast'>[],
  rules: Pick<Rules, 'resolution' | 'falseClean' | 'early'>,
): Omit<ResourceVerdict, 'headroom' | 'forecast'>[] {
  const { checkpoints } = recording
  if (!checkpoints.some(({ processes }) => processes)) return []
  const runCycles = (checkpoints.at(-1)?.cycles ?? 0) - (checkpoints[0]?.cycles ?? 0)
  const counted = sums.filter(
    ({ name, level, accepted }) => PER_PROCESS.includes(name) && level === 'error' && !accepted,
  )
  const roles = counted.flatMap((sum) => [...livesOf(recording, sum.name).values()].map((lives) => ({ sum, lives })))
  const tests = roles.reduce((n, { lives }) => n + lives.filter(({ reachesEnd }) => reachesEnd).length + 1, 0)
  return roles.flatMap(({ sum, lives }) => {
    const { view, unit, budget } = sum
    const own = { ...rules, falseAlarm: RUN_FALSE_ALARM / tests, budget: budget ?? 0, total: null, peak: null }
    const found = judgeRole(lives, runCycles, own)
    if (!found || isCollected(sum.name, found.life, recording)) return []
    const { ruledOut: _, ...judged } = found.judged
    const values = found.life.points.map(({ value }) => value)
    const [name, trend] = [rowOf(sum.name, found.life.name), limitsOf(judged)]
    return [
      {
        ...judged,
        name,
        view,
        unit,
        gate: 'default' as const,
        budget,
        level: sum.verdict === 'leaking' ? ('warn' as const) : ('error' as const),
        start: values[0] ?? null,
        end: values.at(-1) ?? null,
        peak: Math.max(...values),
        trend,
        underFaults: null,
        confirmed: false,
        ...acceptance({ name, unit, perCycle: budget }, found.judged, trend, recording.header),
      },
    ]
  })
}

/** Whether its collector may close what grew in a life. */
const isCollected = (name: string, { fromMs, toMs }: Life, recording: Recording): boolean =>
  mayBeCollected(name, recording) && toMs - fromMs < OUTLASTS_MS
