/** What the loop goes by: the steps it asks for, what came of them, and how far it is. */
import type { Ending, Fault, Limit, Plan, Readings } from '../model.ts'
import type { Halted } from './halt.ts'
import type { Ceilings, Pace } from './length.ts'
import type { Coming } from './schedule.ts'

/** Of what is driven, what decides how. */
export type Course = {
  plan: Plan
  /** It cannot be halted between batches: its cycles go on while it is read, and there is no waiting for it to drain. */
  runsOn: boolean
  /** With a ledger: nothing is judged, and it ends when there are ledgers enough. */
  explains: boolean
  /** It goes towards a limit, in small steps. */
  toCrash: boolean
}

/** How far the run is, and what has halted it. */
export type At = { cycles: number; ms: number; halted: Halted | null }

export type Reading = { readings: Readings; tookMs: number }

/**
 * What a look at the recording found. `certain`: on overwhelming evidence, at any checkpoint. `by-now`: where the length is reached,
 * as strictly as at the end; `undecided` is what more cycles may decide, `to-rest` what a reading at rest may, too.
 */
export type Look = 'leaking' | 'clean' | 'counts-clean' | 'undecided' | 'to-rest' | 'explained' | null
export type LookFor = 'certain' | 'by-now' | 'ledgers'

export type Step =
  /** Cycles, as many. */
  | { do: 'batch'; cycles: number }
  /** What is read before the first checkpoint, and not recorded; `first`: before any cycle. */
  | { do: 'read'; first: boolean }
  /** The warm-up is over. */
  | { do: 'begin'; pace: Pace }
  | { do: 'checkpoint'; collect: boolean; closing: boolean }
  /** A fault, the cycles that run under it, and those until one works again. */
  | { do: 'fault'; fault: Fault; nth: number; msPerCycle: number; left: { cycles: number; ms: number } }
  | { do: 'look'; for: LookFor }
  /** From here on every checkpoint comes after a full collection. */
  | { do: 'memory'; why: string }
  /** The run goes on, since more cycles may decide: up to so many, and so many ms, after its first checkpoint. */
  | { do: 'go-on'; length: Plan['length'] }
  /** What is released late is waited for. `rests`: the run goes on after it, and only wants to see what is left. */
  | { do: 'drain'; why: string; rests: boolean }
  | { do: 'limits' }
  | { do: 'end'; ending: Ending; text: string }

export type Happened = { at: At } & (
  | { did: 'batch'; msPerCycle: number }
  | { did: 'read'; reading: Reading; limits: readonly Limit[] }
  | { did: 'checkpoint'; reading: Reading }
  | { did: 'look'; for: LookFor; found: Look }
  | { did: 'drain'; tookMs: number }
  | { did: 'begin' | 'fault' | 'memory' | 'go-on' | 'limits' }
  /** The target could not be asked any more. */
  | { did: 'lose' }
)

type Memory = { checkpoints: number; length: Plan['length']; most: number; before: number }

export type State = {
  readonly course: Course
  readonly stage: 'start' | 'warm-up' | 'run' | 'closing'
  /** Of the warm-up: its next batch, and until when it lasts. */
  readonly size: number
  readonly untilMs: number
  readonly warm: Pace
  /** Where the first checkpoint was: length counts from there, without the time of drains. */
  readonly origin: { cycles: number; ms: number }
  readonly drainMs: number
  readonly first: Reading | null
  readonly last: Reading | null
  /** The pace of late. */
  readonly measured: readonly Pick<Pace, 'msPerCycle' | 'msPerCheckpoint'>[]
  /** What batches are planned by; it becomes longer where the run goes on. */
  readonly planned: { length: Plan['length']; ceilings: Ceilings }
  readonly batch: number
  readonly msPerCycle: number | null
  readonly checkpoints: number
  readonly memory: Memory | null
  readonly coming: readonly Coming[]
  readonly faults: number
  /** When a batch of an explaining run is stopped: ms since the first checkpoint. */
  readonly stopAtMs: number
  /** What is being drained only comes to rest: nothing looked like a leak. */
  readonly rests: boolean
  /** `just`: nothing has run since. `refuted`: it has brought back what looked like a leak, and only the whole run can tell now. */
  readonly drained: 'not-yet' | 'just' | 'refuted'
  /** Of what runs on: by how many cycles a leak has to be certain again. */
  readonly again: number | null
  /** The steps to the end. */
  readonly todo: readonly Step[]
}
