/** The last part of a run, in which every checkpoint comes after a full collection. Pure. */
import type { Plan } from '../model.ts'
import { type Ceilings, chooseBatch, type Pace, twice } from './length.ts'

/** Its checkpoints, as a share of those planned. */
const SHARE = 0.4

export type MemoryPhase = {
  batch(done: { cycles: number; ms: number }, pace: Pace): number
  /** It has had another checkpoint. */
  read(): void
  /** It has had all that it was to have. */
  readonly isOver: boolean
  /** The run goes on for twice as long. */
  lengthen(): void
}

/** @param batches its largest, and the one before it */
export function openMemoryPhase(
  plan: Pick<Plan, 'length' | 'cycleMark' | 'concurrency'> & { ceilings: Ceilings },
  batches: { most: number; before: number },
): MemoryPhase {
  let length = { ...plan.length, checkpoints: Math.ceil(plan.length.checkpoints * SHARE) }
  let checkpoints = 0
  const isOver = () => checkpoints >= length.checkpoints
  return {
    // Small ones, until it has had its checkpoints; a run that is still undecided then goes on as it did before.
    batch: (done, pace) =>
      Math.min(
        isOver() ? batches.before : batches.most,
        chooseBatch({ ...plan, length }, { ...done, checkpoints }, pace),
      ),
    read: () => void checkpoints++,
    get isOver() {
      return isOver()
    },
    lengthen() {
      length = twice(length)
    },
  }
}
