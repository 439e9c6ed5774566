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
import type { PlannedResource, Recording, ResourceVerdict } from '../model.ts'
import { judgeCount } from './count.ts'
import type { Point } from './floor.ts'
import { RUN_FALSE_ALARM, type Rules, type SeriesVerdict } from './rules.ts'
import { judgeSeries } from './verdict.ts'

/** A process that is there at fewer checkpoints says nothing. */
const LEAST_LIVED = 10
/** So many lives of a worker that is replaced are a pattern. */
const LEAST_LIVES = 3
/** One that lives as long as this share of the run is judged by its own series. */
const LONG = 0.5
/** A warm-up, or a cache that fills like a logarithm, grows less than this in the second half of a life, by what it grew in the first. */
const KEEPS_ON = 0.6

type Life = Point[]

/** The lives of the processes by one name: checkpoints without a gap. Of shared recordings each has its own. */
function livesOf({ checkpoints }: Recording, name: string): Map<string, Life[]> {
  const roles = new Map<string, Life[]>()
  let open = new Map<string, Life>()
  for (const { cycles: cycle, phase, processes } of checkpoints) {
    // Alone it is not recorded by itself: who is there after that has lived on.
    if (!processes) continue
    const now: typeof open = new Map()
    for (const [id, readings] of Object.entries(processes)) {
      const value = readings[name]
      if (value == null) continue
      const role = id.slice(id.indexOf(' ') + 1)
      const life = open.get(id) ?? []
      if (life.length === 0) roles.set(role, [...(roles.get(role) ?? []), life])
      life.push({ cycle, value, drain: phase === 'drain' })
      now.set(id, life)
    }
    open = now
  }
  return roles
}

const spanOf = (life: Life): number => (life.at(-1)?.cycle ?? 0) - (life[0]?.cycle ?? 0)
const grownIn = (life: Life): number => (life.at(-1)?.value ?? 0) - (life[0]?.value ?? 0)
const halvesOf = (life: Life): [Life, Life] => {
  const middle = Math.floor(life.length / 2)
  return [life.slice(0, middle + 1), life.slice(middle)]
}

/** The second halves of lives, one after the other, and where each begins. */
function laidEndToEnd(lives: readonly Life[]): { points: Point[]; resets: number[] } {
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

/** What is replaced leaks where its lives grow to their ends. Nobody sees one of them for long: a second run has to see it, too. */
function judgeReplaced(lives: readonly Life[], rules: Rules): SeriesVerdict | null {
  if (lives.length < LEAST_LIVES) return null
  const halves = lives.map((life) => halvesOf(life.filter(({ drain }) => !drain)))
  const sum = (which: 0 | 1) => halves.reduce((all, half) => all + grownIn(half[which]), 0)
  if (sum(1) < KEEPS_ON * sum(0)) return null
  const { points, resets } = laidEndToEnd(halves.map(([, late]) => late))
  return { ...judgeCount(points, rules, { resets, anew: true }), confirmed: false }
}

/** The verdict on the processes by one name, where they leak. */
function judgeRole(
  lives: readonly Life[],
  runCycles: number,
  rules: Rules,
): { judged: SeriesVerdict; life: Life } | null {
  const lived = lives.filter(({ length }) => length >= LEAST_LIVED)
  const isLong = (life: Life) => spanOf(life) >= LONG * runCycles
  const judged = [
    ...lived.filter(isLong).map((life) => ({ judged: judgeSeries(life, 'count', rules), life })),
    ...[lived.filter((life) => !isLong(life))].flatMap((short) => {
      const replaced = judgeReplaced(short, rules)
      return replaced ? [{ judged: replaced, life: short.at(-1) as Life }] : []
    }),
  ]
  const leaks = judged.filter((one) => one.judged.verdict === 'leaking')
  return leaks.toSorted((a, b) => (b.judged.low ?? 0) - (a.judged.low ?? 0))[0] ?? null
}

/**
 * What leaks in single processes: `threads of python3 worker.py`.
 * @param rules of the run; they are shared by all of these
 */
export function processesThatLeak(
  recording: Recording,
  resources: readonly PlannedResource[],
  rules: Pick<Rules, 'resolution' | 'falseClean'>,
): Omit<ResourceVerdict, 'headroom' | 'forecast'>[] {
  const { checkpoints } = recording
  if (!checkpoints.some(({ processes }) => processes)) return []
  const runCycles = (checkpoints.at(-1)?.cycles ?? 0) - (checkpoints[0]?.cycles ?? 0)
  const counted = resources.filter(({ name, level }) => PER_PROCESS.includes(name) && level === 'error')
  const series = counted.flatMap((resource) =>
    [...livesOf(recording, resource.name)].map(([role, lives]) => ({ resource, role, lives })),
  )
  const falseAlarm = RUN_FALSE_ALARM / Math.max(1, series.length)
  return series.flatMap(({ resource, role, lives }) => {
    const { view, unit, level, perCycle } = resource
    const own = { ...rules, falseAlarm, budget: perCycle ?? 0, total: null, peak: null, early: false }
    const found = judgeRole(lives, runCycles, own)
    if (!found) return []
    const values = found.life.map(({ value }) => value)
    const { ruledOut: _, ...judged } = found.judged
    const [start, end] = [values[0] ?? null, values.at(-1) ?? null]
    const shown = {
      name: `${resource.name}${OF}${role}`,
      view,
      unit,
      level,
      gate: 'default' as const,
      budget: perCycle,
    }
    return [
      { ...shown, start, end, peak: Math.max(...values), trend: null, accepted: null, underFaults: null, ...judged },
    ]
  })
}

/** What is read of each process. */
const PER_PROCESS = ['threads', 'fds', 'sockets']
const OF = ' of '
/** Whether a row is of the processes by one name. */
export const isOfProcess = (name: string): boolean => PER_PROCESS.some((resource) => name.startsWith(resource + OF))
