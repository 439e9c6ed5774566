/** The verdict on what was recorded: one run, with or without the one that confirmed it, or several shards of one scenario. Pure. */
import type { Recording, RunVerdict } from '../model.ts'
import { conclude, concludeShards, needsConfirmation } from './confirm.ts'
import { judge } from './judge.ts'
import { concludeRefused, refusedAfter } from './refused.ts'
import { pool } from './shards.ts'
import { judgeWatched } from './watched.ts'

/** A run, and the one that confirmed it where there was one. */
type RecordedRun = readonly [Recording, ...Recording[]]

/**
 * @param runs one at least
 * @returns the verdict, and the recording that has its numbers
 */
export function judgeRecorded(runs: readonly RecordedRun[]): {
  verdict: RunVerdict
  recording: Recording
} {
  if (runs.length > 1) {
    const together = pool(runs.map(([first]) => first) as [Recording, ...Recording[]])
    const each = runs.flat().map((recording) => judge(recording))
    // What one run has proven is not outvoted by the others.
    const proven = runs.map((run) => judgeRecorded([run])).find(({ verdict }) => verdict.verdict === 'leaking')
    return proven ?? { verdict: concludeShards(judge(together), each), recording: together }
  }
  const [[first, second]] = runs as readonly [RecordedRun]
  if (first.header.plan.watched) return { verdict: judgeWatched(first), recording: first }
  const verdict = judge(first)
  if (second && refusedAfter(verdict, first) !== null) {
    const refused = concludeRefused(verdict, judge(second))
    return { verdict: refused, recording: refused.verdict === 'leaking' ? second : first }
  }
  if (!needsConfirmation(verdict)) return { verdict, recording: first }
  return { verdict: conclude(verdict, second ? judge(second) : null), recording: second ?? first }
}
