/** What is observed, and who is told. */
import type { Faults } from '../dcs/faults.ts'
import type { StartedEtcd } from '../dcs/started.ts'
import type { Look as Found, LookFor } from '../loop/state.ts'
import type { Plan, Raised, Recording } from '../model.ts'
import type { Counted } from '../processes/limit.ts'
import type { Recorder } from '../recording/write.ts'
import type { Outlook, Progress } from './progress.ts'
import type { News } from './protocol.ts'
import type { Target } from './target.ts'

/** Judges what is there; handed in, since who observes judges nothing. */
export type Look = {
  at(recording: Recording, asked: LookFor): Found
  /** What a drain may see return: to what level, and whether it looks like a leak. */
  raised(recording: Recording): readonly Raised[]
  /** How long it may take at this pace, and what it can rule out by then. */
  outlook(plan: Plan, msPerCycle: number): Outlook
}

export type Observation = {
  plan: Plan
  /** What is limited in a cgroup that the target has to itself. */
  counted: Counted
  target: Target
  etcd: StartedEtcd | null
  /** What brings about the faults of the plan. */
  faults: Faults | null
  recorder: Recorder
  look: Look
  onProgress: (progress: Progress) => void
  /** Told once the pace is known, of a run that goes on until it knows. */
  onOutlook: (outlook: Outlook) => void
  /** Ctrl-C: the run stops at the next checkpoint and is judged. */
  interrupted: AbortSignal
  /** Connects the target's news to the loop. */
  onNews: (listener: (news: News) => void) => void
}
