/** What the loop drives: a process that is observed, in whatever language. */
import type { Ending, Frame, LedgerEntry, Loaded, SourceLine, StackLine } from '../model.ts'
import type { Exit } from '../processes/start.ts'
import type { Answer } from './protocol.ts'
import type { Refusal } from './refusal.ts'

/** How many lines of its last words a person needs of a process. */
export const TAIL_LINES = 12

/** What a batch was: cycles that ran in it, how many of them failed, and its milliseconds. */
export type Batch = Answer<'batch'> & {
  /** Of a server under load: what became of the requests, and of all since `begin()`. */
  load?: Loaded & { total: Loaded }
}
/** What the target says of itself, where it can: the runtime view, and the scenario's `serverState()`. */
export type InnerReading = Answer<'read'>

/** What a target's probe says of what is live. Stacks are told once. */
export type InnerLedger = {
  entries: readonly (LedgerEntry & { ids?: string[] | undefined })[]
  stacks: readonly { id: number; language: StackLine['language']; frames: Frame[] }[]
  /** Lines of files that are not on this disk. */
  sources: readonly Omit<SourceLine, 'line'>[]
  /** What could not be looked at, and why. */
  unread: string | null
}

export type Target = {
  readonly pid: number
  readonly ended: Promise<Exit>
  /** Why it left, in words, where it can tell more than its exit does. */
  readonly lastWords?: Promise<string>
  /** A descriptor of the target that is ours and is not counted, where there is one. */
  readonly channelFd: number | null
  /** It cannot be halted between batches: its cycles go on while it is read, and there is no waiting for it to drain. */
  readonly runsOn: boolean
  /** Of one that runs on: cycles since its last batch. */
  ahead?(): number
  /**
   * Resolves when `count` cycles from number `from` on have run, or fewer after `stop()`.
   * @param paceMs what a cycle takes at least, on average, where it can be told to wait
   * @throws TargetError when the target leaves
   */
  batch(from: number, count: number, paceMs?: number): Promise<Batch>
  /** The warm-up is over: what is added up counts from here. */
  begin?(): void
  /** @param collect with a full collection first, in any case. @throws TargetError */
  read(collect: boolean): Promise<InnerReading>
  /** What is live, by kind and creation stack; null where no ledger is kept. */
  readonly ledger: (() => Promise<InnerLedger>) | null
  /** Ends the batch that runs after its present cycle. */
  stop(): void
  /** How long, ms, it may say nothing of its cycles, and what it means when it says nothing for longer. */
  silence(cyclesDone: number): { afterMs: number; ending: Ending; text: string }
  /** The last lines it wrote to stderr. */
  stderrTail(): string
  /** What it has written there of a limit that refused it. */
  refused(): Refusal[]
  /** Ends the target and all that came of it. */
  [Symbol.asyncDispose](): Promise<void>
}
