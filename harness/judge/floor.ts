/**
 * From a series of counts to the rises that stayed.
 *
 *     value   ╭╮    ╭──╮╭─        stragglers, sawtooth and late closes only ever add above the floor:
 *          ╭──╯╰────╯  ╰╯         f[i] = min(y[i…end])
 *     floor ────────╭─────
 *     ──────────────╯             a rise of the floor that had time to come back and did not is an event
 *
 * A drain shows the level at rest. What stood above it before hides when that rose: `latest` dates it by the drain.
 */

/** One checkpoint of a series. `drain` points were taken after the final drain: later, but without new cycles. */
export type Point = {
  cycle: number
  value: number
  drain: boolean
  /** The highest of the readings that it stands for. */
  highest?: number
}

export type FloorEvent = { cycle: number; size: number }

export type Floor = {
  /** Cycle of each checkpoint. */
  cycles: number[]
  floor: number[]
  /** Longest excursion above the floor after the first tenth, in checkpoints. */
  excursion: number
  /** How many later checkpoints a rise must outlive to count. */
  holds: number
  events: FloorEvent[]
  /** The same as late as they may have come… */
  latest: FloorEvent[]
  /** …and what they rose by after that, beneath readings that stood above it: nobody knows when. */
  hidden: number
  /** The last cycle whose rise could have been counted. */
  seenTo: number
}

/** min(y[i…end]) */
export function floorOf(values: readonly number[]): number[] {
  const floor = [...values]
  for (let i = floor.length - 2; i >= 0; i--) floor[i] = Math.min(floor[i] as number, floor[i + 1] as number)
  return floor
}

function longestExcursion(values: readonly number[], floor: readonly number[]): number {
  let longest = 0
  let length = 0
  for (let i = Math.ceil(values.length / 10); i < values.length; i++) {
    length = (values[i] as number) > (floor[i] as number) ? length + 1 : 0
    longest = Math.max(longest, length)
  }
  return longest
}

/** Rises of a floor within `excursion` checkpoints of each other are one; those after index `last` had no time to come back. */
function eventsOf(points: readonly Point[], floor: readonly number[], last: number, excursion: number): FloorEvent[] {
  const events: FloorEvent[] = []
  let opened = -Infinity
  for (let i = 1; i <= last; i++) {
    const size = (floor[i] as number) - (floor[i - 1] as number)
    if (size <= 0) continue
    const open = events.at(-1)
    if (open && i - opened <= excursion) {
      open.size += size
      continue
    }
    events.push({ cycle: (points[i] as Point).cycle, size })
    opened = i
  }
  return events
}

/**
 * The floor as late as it may have risen. Where the `tail` readings before a drain all stood above it, so may those before them have, by
 * more or by less, and whatever rose beneath them is dated by the drain: of a pool of a hundred that is always full nobody sees how many never come back.
 * @param before what there was before the first cycle
 */
function latestFloor(points: readonly Point[], floor: readonly number[], tail: number, before: number): number[] {
  const latest = [...floor]
  let isHidden = false
  for (let i = points.length - 1; i >= 0; i--) {
    if (points[i]?.drain) {
      const run = points.slice(Math.max(0, i - tail), i).filter(({ drain }) => !drain)
      if (run.length > 0) isHidden = run.every(({ value }) => value > (floor[i] as number))
    } else if (isHidden) latest[i] = Math.min(before, floor[i] as number)
  }
  // After a drain it is what the drain showed, at least.
  for (let i = 1; i < latest.length; i++) latest[i] = Math.max(latest[i] as number, latest[i - 1] as number)
  return latest
}

/**
 * The floor of a series and its events.
 * @param before what there was before the first cycle, where it was read
 */
export function readFloor(points: readonly Point[], before?: number): Floor {
  const floor = floorOf(points.map(({ value }) => value))
  // How far a signal strays is the run's habit; a final drain, which may empty everything, says nothing of it.
  const run = points.filter(({ drain }) => !drain).map(({ value }) => value)
  const excursion = longestExcursion(run, floorOf(run))
  // What came all the way back in the drain has no rise left to outlive anything. What cycles let go of did not come back.
  const isDrained = points.at(-1)?.drain ?? false
  const [end, base] = [floor.at(-1) as number, before ?? run[0] ?? Infinity]
  const returned = isDrained && end <= base && base <= (run.at(-1) ?? Infinity)
  const holds = returned ? 2 : Math.max(2, 2 * excursion)
  const last = points.length - 1 - holds
  const cycles = points.map(({ cycle }) => cycle)
  const events = eventsOf(points, floor, last, excursion)
  const known = { cycles, floor, excursion, holds, events, seenTo: cycles[Math.max(0, last)] ?? 0 }
  const wasDrained = run.length < points.length
  if (before === undefined || returned || !wasDrained) return { ...known, latest: events, hidden: 0 }
  const latest = latestFloor(points, floor, holds, before)
  const lastRun = points.findLastIndex(({ drain }) => !drain)
  const until = Math.max(0, Math.min(last, lastRun))
  const seen = eventsOf(points, latest, until, excursion)
  // What is later than the floor itself was hidden.
  const isHidden = isDrained && (latest[until] as number) < (floor[until] as number)
  const hidden = isHidden ? end - (latest[until] as number) : 0
  const atRest = isHidden ? [{ cycle: cycles.at(-1) as number, size: hidden }] : []
  return { ...known, latest: [...seen, ...atRest], hidden }
}

/** Whether a series ever comes down again, after its first tenth and before a final drain. */
export function straysAbove(points: readonly Point[]): boolean {
  const run = points.filter(({ drain }) => !drain).map(({ value }) => value)
  return longestExcursion(run, floorOf(run)) > 0
}
