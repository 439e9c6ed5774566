/** Where a run stands, for whoever watches it. Pure. */
import type { Plan } from '../model.ts'

export type Progress = {
  phase: 'warm-up' | 'run' | 'drain'
  cycles: number
  failed: number
  /** What is done to the server now. */
  fault: string | null
  cyclesPerSecond: number | null
  /**
   * In ms, until the planned length or, of a run that goes on until it knows, until it may know. Once that is over it is `undecided`, and this
   * is until all that it may take. A certain verdict comes sooner.
   */
  msLeft: number | null
  undecided: boolean
}

/** How long a run that goes on until it knows takes: ms after its first checkpoint, which may be more than it may take, and what it can rule out by then. */
export type Outlook = { cyclesPerSecond: number; ms: number; resolution: number }

/** @param run cycles and milliseconds since the first checkpoint, final drains left out */
export function progressOf(
  { length, endless, outlook }: Pick<Plan, 'length' | 'endless'> & { outlook: Outlook | null },
  phase: Progress['phase'],
  { done, failed, underFault }: { done: number; failed: number; underFault: string | null },
  run: { cycles: number; ms: number },
): Progress {
  const msPerCycle = phase === 'run' && run.cycles > 0 ? run.ms / run.cycles : null
  const mostMs = length.mostMs ?? Infinity
  const knowsAt = outlook && Math.min(outlook.ms, mostMs)
  // Once it has taken longer than it seemed at first, what is left is all that it may take.
  const outlookMs = knowsAt && (run.ms < knowsAt ? knowsAt : mostMs)
  const msLeft = outlookMs
    ? outlookMs - run.ms
    : Math.min(
        length.cycles === null || msPerCycle === null ? Infinity : (length.cycles - run.cycles) * msPerCycle,
        length.forMs === null ? Infinity : length.forMs - run.ms,
      )
  return {
    phase,
    cycles: done,
    failed,
    fault: underFault,
    cyclesPerSecond: msPerCycle ? 1000 / msPerCycle : null,
    undecided: knowsAt !== null && run.ms >= knowsAt,
    msLeft: phase === 'run' && !endless && Number.isFinite(msLeft) ? Math.max(0, msLeft) : null,
  }
}
