/**
 * From a series of counts to the rises that stayed.
 *
 *     value   ╭╮    ╭──╮╭─        stragglers, sawtooth and late closes only ever add above the floor:
 *          ╭──╯╰────╯  ╰╯         f[i] = min(y[i…end])
 *     floor ────────╭─────
 *     ──────────────╯             a rise of the floor that had time to come back and did not is an event
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

/** The floor of a series and its events: rises within `excursion` checkpoints of each other are one. */
export function readFloor(points: readonly Point[]): Floor {
  const values = points.map(({ value }) => value)
  const floor = floorOf(values)
  // How far a signal strays is the run's habit; a final drain, which may empty everything, says nothing of it.
  const run = points.filter(({ drain }) => !drain).map(({ value }) => value)
  const excursion = longestExcursion(run, floorOf(run))
  // What came all the way back in the drain has no rise left to outlive anything.
  const drained = points.at(-1)?.drain ?? false
  const returned = drained && (floor.at(-1) as number) <= (floor[Math.floor(points.length / 10)] as number)
  const holds = returned ? 2 : Math.max(2, 2 * excursion)
  const last = points.length - 1 - holds
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
  const cycles = points.map(({ cycle }) => cycle)
  return { cycles, floor, excursion, holds, events, seenTo: cycles[Math.max(0, last)] ?? 0 }
}

/** Whether a series ever comes down again, after its first tenth and before a final drain. */
export function straysAbove(points: readonly Point[]): boolean {
  const run = points.filter(({ drain }) => !drain).map(({ value }) => value)
  return longestExcursion(run, floorOf(run)) > 0
}
