/** The last line of a recording: how the run ended, and what the target died of. */
import { setTimeout as wait } from 'node:timers/promises'
import type { StartedEtcd } from '../dcs/started.ts'
import type { Halted } from '../loop/halt.ts'
import type { Ending, EndLine } from '../model.ts'
import type { Exit } from '../processes/start.ts'
import type { Recorder } from '../recording/write.ts'
import type { CrashWatch } from './crash.ts'
import type { Cycles } from './cycles.ts'
import { refusalsIn } from './refusal.ts'
import type { Target } from './target.ts'

/** Of an etcd that is ours its end is told, and a little later than its cycles fail: an engine has to notice it first. */
const TOLD_WITHIN_MS = 10_000
const deathOf = async ({ provider, died }: StartedEtcd): Promise<string | null> =>
  provider === 'url' ? null : Promise.race([died, wait(TOLD_WITHIN_MS, null, { ref: false })])

/** What a program that was refused has to say, and to clear away, before it leaves. */
const LEAVES_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 20

/** How a command left that a limit had refused; null where one more cycle shows that it lives on, and of a target that waits for its next one. */
async function leaving({ ended, ahead }: Target): Promise<Exit | null> {
  if (!ahead) return null
  const cycles = ahead()
  const until = performance.now() + LEAVES_WITHIN_MS
  let exit: Exit | null = null
  while (exit === null && ahead() === cycles && performance.now() < until)
    exit = await Promise.race([ended, wait(LOOK_EVERY_MS, null)])
  return exit
}

export async function recordEnd({
  ended,
  halted,
  target,
  etcd,
  crash,
  livesOn,
  cycles,
  ms,
  recorder,
  seen,
}: {
  ended: { ending: Ending; text: string }
  halted: Halted | null
  target: Target
  etcd: StartedEtcd | null
  crash: CrashWatch | null
  /** It could not be read, and we ended it. */
  livesOn: boolean
  cycles: Cycles
  ms: () => number
  recorder: Recorder
  seen: { beforeMemory: EndLine['beforeMemory'] }
}): Promise<void> {
  let { ending, text } = ended
  // An etcd that somebody else runs shows its death in the cycles that fail.
  if (ending === 'failed-cycles' && etcd && !(await etcd.answers()))
    [ending, text] = ['etcd-died', (await deathOf(etcd)) ?? `etcd at ${etcd.endpoints[0]} no longer answers`]
  const left = halted?.hard ? await target.ended : ending === 'crashed' ? await leaving(target) : null
  const exit = left && { ...left, stderrTail: target.stderrTail() }
  const crashed = ending === 'crashed' || ending === 'target-died' ? crash?.crash(livesOn ? null : exit) : null
  if (crashed) {
    ending = 'crashed'
    recorder.write({ line: 'crash', ...crashed })
  }
  const [refused] = exit ? refusalsIn(exit.stderrTail) : []
  const { done, failed, faulted, batchMs } = cycles
  const { beforeMemory } = seen
  const told = { ending, text, exit, ...(refused && { refused }) }
  recorder.write({ line: 'end', ms: ms(), cycles: done, failed, faulted, batchMs, beforeMemory, ...told })
}
