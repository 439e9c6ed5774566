/** What may end a run before its length: the first reason wins. */
import type { Ending } from '../model.ts'

export type Halted = {
  ending: Ending
  text: string
  /** The target cannot be used any more: no checkpoint and no drain follow. */
  hard: boolean
}

export type Halt = {
  readonly halted: Halted | null
  now(ending: Ending, text: string, how?: { hard: boolean }): void
}

/** A soft reason may be overtaken by a hard one while its batch is still ending; the reason stays the first. */
export function makeHalt(onHalt: (halted: Halted) => void): Halt {
  let halted: Halted | null = null
  return {
    get halted() {
      return halted
    },
    now(ending, text, { hard } = { hard: false }) {
      if (halted && (halted.hard || !hard)) return
      halted = { ending: halted?.ending ?? ending, text: halted?.text ?? text, hard }
      onHalt(halted)
    },
  }
}
