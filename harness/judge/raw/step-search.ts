/** Where a series may have stepped: one step after the other, each where it explains most. Pure. */
import type { Frame } from './frame.ts'
import { FIRST_STEP } from './frame.ts'
import { directionBeside, dot, without } from './least-squares.ts'

export const MOST_STEPS = 3
/** A step of which less than this share is its own is no other than those before it. */
const LEAST_OWN = 1e-6

/** How much of each step is its own, beside one direction more. */
const lessen = (own: Float64Array, steps: readonly Float64Array[], direction: Float64Array) =>
  own.map((left, j) => left - dot(steps[j] as Float64Array, direction, j + FIRST_STEP) ** 2)

/**
 * Greedy forward selection.
 * @param beside columns that explain the target together with the steps
 * @returns the steps by their places in `frame.steps`: of one, of two, …
 */
export function searchSteps(frame: Frame, beside: readonly Float64Array[], target: Float64Array): number[][] {
  const { steps, basis } = frame
  const full = Float64Array.from(steps, (step, j) => dot(step, step, j + FIRST_STEP))
  const directions = [...basis.directions]
  let own = directions.reduce((left, direction) => lessen(left, steps, direction), full)
  let rest = target
  const take = (column: Float64Array): boolean => {
    const found = directionBeside(directions, column)
    if (!found) return false
    directions.push(found.direction)
    rest = without([found.direction], rest)
    own = lessen(own, steps, found.direction)
    return true
  }
  for (const column of beside) take(column)
  const chosen: number[] = []
  const sets: number[][] = []
  while (sets.length < MOST_STEPS) {
    let best = -1
    let most = 0
    for (const [j, step] of steps.entries()) {
      const left = own[j] as number
      if (left <= LEAST_OWN * (full[j] as number)) continue
      const gain = dot(step, rest, j + FIRST_STEP) ** 2 / left
      if (gain <= most) continue
      best = j
      most = gain
    }
    if (best < 0 || !take(steps[best] as Float64Array)) break
    chosen.push(best)
    sets.push([...chosen])
  }
  return sets
}

/** The chosen steps beside the base, for a fit. */
export const stepColumns = ({ steps, basis }: Frame, places: readonly number[]): Float64Array[] =>
  places.map((place) => without(basis.directions, steps[place] as Float64Array))
