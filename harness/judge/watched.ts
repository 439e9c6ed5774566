/** The verdict on a watch: nobody can drain what runs on, or run it once more. Pure. */
import type { Recording, RunVerdict } from '../model.ts'
import { conclude } from './confirm.ts'
import { upTo } from './crash.ts'
import { judge } from './judge.ts'
import { lookEarly } from './look.ts'
import { isOfProcess } from './processes.ts'

/**
 * What leaks must have been certain after half of the time already: so what fills up is told from what leaks, as of every
 * process that runs on.
 */
export function judgeWatched(recording: Recording): RunVerdict {
  const verdict = judge(recording)
  if (verdict.verdict !== 'leaking') return verdict
  const half = recording.checkpoints.findLast(({ ms }) => ms <= (recording.end?.ms ?? 0) / 2)
  // Of a single process only a second run could tell, and there is none.
  const isRow = verdict.because !== null && isOfProcess(verdict.because)
  const wasCertain = !isRow && lookEarly(upTo(recording, half?.cycles ?? 0)) === 'leaking'
  return wasCertain ? { ...verdict, confirmed: true } : conclude(verdict, null)
}
