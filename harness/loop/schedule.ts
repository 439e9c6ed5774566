/** When faults come, in cycles. Pure. */
import { type Fault, startOf } from '../model.ts'

/** A fault, and the cycle that it begins with. */
export type Coming = { readonly fault: Fault; readonly next: number }

/** From `cycle` on: one that is late begins at once. */
const nextOf = (fault: Fault, cycle: number): number => Math.max(cycle, startOf(fault, cycle))

/** Those to come: what falls into the warm-up begins after it. */
export const comingFaults = (faults: readonly Fault[], warmUp: number): Coming[] =>
  faults.map((fault) => ({ fault, next: nextOf(fault, warmUp) }))

/** Cycles until the next one, 0 where it is due; Infinity where none comes any more. */
export const cyclesUntil = (coming: readonly Coming[], done: number): number =>
  Math.max(0, Math.min(...coming.map(({ next }) => next)) - done)

/** The one that comes first, and what comes after it. @param coming one at least */
export function takeDue(coming: readonly Coming[], done: number): { fault: Fault; rest: Coming[] } {
  const due = coming.reduce((least, one) => (one.next < least.next ? one : least))
  const again = due.fault.every === null ? Infinity : nextOf(due.fault, done + 1)
  return { fault: due.fault, rest: coming.map((one) => (one === due ? { ...one, next: again } : one)) }
}
