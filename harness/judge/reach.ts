/**
 * How far a run of a given length can see. To rule out a leak of one in N cycles takes so many cycles, whatever their pace: where
 * nobody said what *clean* must rule out, it is what a run can at its pace. Pure.
 */
import { type CheckpointLine, isCoarse, type Plan, type Recording, type ResourceVerdict } from '../model.ts'
import { LEAST_EVENTS } from './count.ts'
import { highEvents } from './limits.ts'
import { errorShared, type Rules, WINDOWS } from './rules.ts'

/** Cycles of which no rise is counted: the first tenth. */
const COUNTED = 1 - WINDOWS[0].from
/** One rise, a singleton that is made late, must not keep a run from an answer. */
const RISES = 1
/** What *clean* rules out, in steps that a pace that wavers does not move: one in so many cycles. */
const ONE_IN = [1000, 700, 500, 300, 200, 150, 100]

/** Cycles that it takes to rule out a leak of `rate` per cycle, of so many resources that gate, with so many rises seen. */
export const cyclesToRuleOut = (rate: number, gates: number, rises = 0): number =>
  highEvents(rises, errorShared(gates).falseClean * WINDOWS[0].share) / rate / COUNTED

/** The finest of our resolutions that so many cycles suffice for. */
function finest(cycles: number, gates: number): number {
  const oneIn = ONE_IN.find((n) => cyclesToRuleOut(1 / n, gates, RISES) <= cycles) ?? (ONE_IN.at(-1) as number)
  return 1 / oneIn
}

/** Cycles and ms that a run has had, without the time of its drains. */
function paceOf(checkpoints: readonly CheckpointLine[]): { cycles: number; ms: number } {
  let ms = 0
  for (const [i, { ms: at, phase }] of checkpoints.entries())
    if (i > 0 && phase === 'run') ms += at - (checkpoints[i - 1] as CheckpointLine).ms
  return { cycles: (checkpoints.at(-1)?.cycles ?? 0) - (checkpoints[0]?.cycles ?? 0), ms }
}

/**
 * The rate per cycle that *clean* must rule out: what was asked for, else what the run can, at its pace, in the time it may take.
 * @param gates resources that share the error of the run
 */
export function resolutionOf(plan: Plan, checkpoints: readonly CheckpointLine[], gates: number): number {
  const { cycles, ms } = paceOf(checkpoints)
  return ms > 0 ? reachable(plan, ms / cycles, gates) : plan.resolution
}

function reachable({ resolution, coarsest, length: { mostMs } }: Plan, msPerCycle: number, gates: number): number {
  if (coarsest === null || mostMs === null) return resolution
  return Math.min(coarsest, Math.max(resolution, finest(mostMs / msPerCycle, gates)))
}

/** What *clean* must rule out of a count, and by what. */
type Reach = Pick<Rules, 'resolution' | 'mostRises'>
type Decidable = Pick<ResourceVerdict, 'verdict' | 'unit' | 'level' | 'accepted' | 'facts'>

/**
 * Judges at a resolution or, where a run has had all the time that it may take and its counts are undecided, at the finest coarser one
 * that decides them: a pool that filled late leaves fewer cycles than the pace had promised. That limit holds whichever is chosen,
 * but what rose four times in the part that is to be clean may be growth that set in late, and is not let pass.
 */
export function asFineAsDecided<Judged extends Decidable>(
  { header: { plan }, end }: Recording,
  resolution: number,
  judgeAt: (reach: Reach) => Judged[],
): { resolution: number; judged: Judged[] } {
  const judged = judgeAt({ resolution })
  const { coarsest } = plan
  const hasHadItsTime = plan.length.mostMs !== null && end?.ending === 'length'
  if (coarsest === null || !hasHadItsTime || !judged.some(isOpen)) return { resolution, judged }
  for (const rate of ONE_IN.map((n) => 1 / n).filter((rate) => rate > resolution && rate <= coarsest)) {
    const now = judgeAt({ resolution: rate, mostRises: LEAST_EVENTS - 1 })
    if (!now.some(isOpen)) return { resolution: rate, judged: now }
  }
  return { resolution, judged }
}

/** A count that gates, and that more cycles would decide. */
const isOpen = ({ verdict, unit, level, accepted, facts }: Decidable) =>
  unit === 'count' && level === 'error' && verdict === 'inconclusive' && !accepted && facts.unread === undefined

/** Memory is measured after the counts, in a part of the run of its own; as measured: 1.1 to 1.3. */
const WITH_MEMORY = 1.2

/** What a run has to rule out at a pace, and about how long that takes: it may be longer than the run may take. @param msPerCycle what a cycle takes, with its share of a checkpoint */
export function outlookOf(plan: Plan, msPerCycle: number): { cyclesPerSecond: number; ms: number; resolution: number } {
  const gates = Math.max(
    1,
    plan.resources.filter((resource) => resource.level === 'error' && !isCoarse(resource)).length,
  )
  const resolution = reachable(plan, msPerCycle, gates)
  const ms = cyclesToRuleOut(resolution, gates) * msPerCycle * WITH_MEMORY
  return { cyclesPerSecond: 1000 / msPerCycle, ms, resolution }
}
