/** Does what `next.ts` says, until it says that the run is over. */
import type { Ending } from '../model.ts'
import { next, start } from './next.ts'
import type { At, Course, Happened, State, Step } from './state.ts'

/** What came of a step, without when. */
type Outcome<Did extends Happened['did']> = Omit<Extract<Happened, { did: Did }>, 'did' | 'at'>

/** How each step is done. A target that cannot be asked any more is told by `lost`, and has halted the run. */
export type Acts = {
  [Did in Exclude<Step['do'], 'end'>]: (step: Extract<Step, { do: Did }>) => Promise<Outcome<Did>>
}

export type Driven = {
  acts: Acts
  /** How far it is, and what has halted it. */
  at: () => At
  /** Whether an error is one of the target's, which is then halted. */
  lost: (error: unknown) => Promise<boolean>
  /** Told before each step. */
  onStep?: (step: Step, state: State) => void
}

/** Drives a run to its end. */
export async function drive(
  course: Course,
  { acts, at, lost, onStep }: Driven,
): Promise<{ ending: Ending; text: string }> {
  let [state, step] = start(course)
  for (;;) {
    onStep?.(step, state)
    if (step.do === 'end') return step
    const happened = await did(step, acts, lost)
    ;[state, step] = next(state, { ...happened, at: at() } as Happened)
  }
}

async function did(step: Exclude<Step, { do: 'end' }>, acts: Acts, lost: Driven['lost']): Promise<object> {
  try {
    const act = acts[step.do] as (step: Step) => Promise<object>
    return { ...(await act(step)), did: step.do }
  } catch (error) {
    if (!(await lost(error))) throw error
    return { did: 'lose' }
  }
}
