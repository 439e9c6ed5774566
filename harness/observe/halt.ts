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
  /** Resolves when a hard reason comes. */
  readonly broken: Promise<void>
  now(ending: Ending, text: string, how?: { hard: boolean }): void
}

export function makeHalt(onHalt: (halted: Halted) => void): Halt {
  let halted: Halted | null = null
  let broke: () => void
  const broken = new Promise<void>((resolve) => (broke = resolve))
  return {
    get halted() {
      return halted
    },
    broken,
    now(ending, text, { hard } = { hard: false }) {
      // A soft reason may be overtaken by a hard one while its batch is still ending.
      if (halted && (halted.hard || !hard)) return
      halted = { ending: halted?.ending ?? ending, text: halted?.text ?? text, hard }
      if (hard) broke()
      onHalt(halted)
    },
  }
}
