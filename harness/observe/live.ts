/**
 * The loop of a watch: a process that somebody else drives is read again and again, until it ends, somebody says so, or
 * the verdict is certain. What is read, and how often, is bounded by what it costs.
 */
import type { Look } from '../loop/state.ts'
import type { CheckpointLine, Ending, Plan, Recording, RunVerdict } from '../model.ts'
import { collectorsOf } from '../processes/collector.ts'
import { openFamily } from '../processes/family.ts'
import type { Exit } from '../processes/start.ts'
import type { Recorder } from '../recording/write.ts'
import { openTimeline, readKernel } from './kernel.ts'
import { told } from './last-words.ts'
import { readLimits } from './limits.ts'

/** A process that is watched, whoever started it. */
export type Live = {
  pid: number
  /** Cycles it has told of; null where time counts. */
  cycles: (() => number) | null
  /** Resolves when a process that we started has left. */
  ended: Promise<Exit> | null
  /** The last lines it wrote to stderr, where they are ours to see. */
  stderrTail(): string
}

/** Time, so that a day can be driven in a minute. */
export type Clock = {
  /** Milliseconds. */
  now(): number
  /** What holdwater itself has taken of a core so far, in ms. */
  spent(): number
  /** Resolves after so many milliseconds, or when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Where a watch stands, for whoever looks on. */
export type Standing = { ms: number; cycles: number | null; verdict: RunVerdict | null }

export type Watch = {
  plan: Plan
  live: Live
  recorder: Recorder
  everyMs: number
  /** With all that came of it. */
  tree: boolean
  look: {
    verdict(recording: Recording): RunVerdict
    early(recording: Recording): Look
  }
  interrupted: AbortSignal
  clock: Clock
  onProgress(standing: Standing): void
}

/**
 * What is done again and again, a reading or a look, may take this share of a core at most, each by itself. Who asks for
 * more readings than one a second gets more of it.
 */
const SHARE = 1 / 200
const MOST_SHARE = 1 / 20
const shareOf = (everyMs: number): number => Math.min(MOST_SHARE, SHARE * Math.max(1, 1000 / everyMs))
/** A verdict changes seldom from one reading to the next. */
const LOOK_EVERY = 5
const LIMITS_EVERY_MS = 60_000
const MINUTE_MS = 60_000

/** Does something at most so often, and the more seldom the longer it takes. */
function seldom<Done>(clock: Clock, share: number, everyMs: number, act: () => Done): () => Done | null {
  let due = -Infinity
  return () => {
    const from = clock.now()
    if (from < due) return null
    const before = clock.spent()
    const done = act()
    // Timers come a little early: half of the time between two of them is not waited for.
    due = from + Math.max(everyMs / 2, (clock.spent() - before) / share)
    return done
  }
}

type Ended = { ending: Ending; text: string }

/** Watches until something ends it; all it sees is recorded. */
export async function watchLive(watch: Watch): Promise<void> {
  const { plan, live, recorder, everyMs, tree, look, interrupted, clock } = watch
  const { pid } = live
  const share = shareOf(everyMs)
  const began = clock.now()
  const ms = () => clock.now() - began
  const cyclesNow = () => live.cycles?.() ?? ms() / MINUTE_MS
  const at = () => ({ ms: Math.round(ms()), cycles: cyclesNow() })
  const of = { pid, channelFd: null, family: openFamily(pid, { tree }) }
  // It keeps to this process, also where its number is given to another.
  const own = openTimeline({ ...of, family: openFamily(pid, { tree: false }) })
  const all = tree ? openTimeline(of) : null
  const over = new AbortController()
  void live.ended?.then(() => over.abort())
  const wake = AbortSignal.any([over.signal, interrupted])
  let verdict: RunVerdict | null = null
  let collectors: string[] = []
  /** A launcher starts its virtual machine later. */
  const findCollectors = () => {
    const found = [...new Set([...collectors, ...collectorsOf(of.family.live())])]
    if (found.length > collectors.length) recorder.write({ line: 'start', ms: 0, readings: {}, collectors: found })
    collectors = found
  }

  /** @returns false when the process is gone */
  const read = (details: boolean): boolean => {
    const from = clock.now()
    const { gone, ownMemory: _, ...reading } = readKernel(of, { withPeers: details, named: details, lean: true })
    if (gone) return false
    const line: Omit<CheckpointLine, 'tookMs'> = {
      line: 'checkpoint',
      ...at(),
      phase: 'run',
      failed: 0,
      ...reading,
      collected: false,
    }
    recorder.write({ ...line, tookMs: clock.now() - from })
    return true
  }
  const readLean = seldom(clock, share, everyMs, () => read(false))
  // One process is read in microseconds, a tree of hundreds is not.
  const sampleAll = seldom(clock, share, everyMs, () => all?.read() ?? null)
  const recordLimits = seldom(clock, share, LIMITS_EVERY_MS, () => {
    findCollectors()
    const limits = readLimits(pid, tree)
    if (limits.length > 0) recorder.write({ line: 'limits', ...at(), limits })
  })
  let again: number | null = null
  const lookAt = seldom(clock, share, LOOK_EVERY * everyMs, (): Ended | null => {
    verdict = look.verdict(recorder.recording)
    if (plan.until !== 'verdict') return null
    const certain = look.early(recorder.recording)
    if (certain === 'clean') return { ending: 'certain-clean', text: 'every gating resource is clean' }
    if (certain !== 'leaking') return null
    // As of every process that runs on: what fills up is told from what leaks by as much time again.
    again ??= ms() * 2
    return ms() >= again ? { ending: 'certain-leak', text: 'the leak is certain' } : null
  })

  const isGone: Ended = { ending: 'process-ended', text: 'the process ended' }
  /** One look at all there is; what it ended by, if it did. */
  const tick = (): Ended | null => {
    const alone = own?.read()
    if (over.signal.aborted || !alone) return isGone
    const full = readLean()
    if (full === false) return isGone
    const readings = full === null ? (tree ? sampleAll() : alone) : null
    if (readings) recorder.write({ line: 'sample', ...at(), readings })
    recordLimits()
    const ended = lookAt()
    if (ended) return ended
    if (plan.length.forMs !== null && ms() >= plan.length.forMs) return { ending: 'length', text: 'the planned length' }
    return interrupted.aborted ? { ending: 'interrupted', text: 'Ctrl-C' } : null
  }

  let ended = tick()
  for (let ticks = 1; !ended; ticks++) {
    watch.onProgress({ ms: ms(), cycles: live.cycles && cyclesNow(), verdict })
    await clock.sleep(Math.max(0, began + ticks * everyMs - clock.now()), wake)
    ended = tick()
  }
  own?.close()
  all?.close()
  if (ended.ending === 'interrupted') recorder.write({ line: 'event', ...at(), kind: 'interrupted', text: 'Ctrl-C' })
  // What it held at last, with names and peers.
  if (ended !== isGone) read(true)
  // A zombie is seen before its end is told.
  const left = ended === isGone && live.ended ? await live.ended : null
  const exit = left && { ...left, stderrTail: live.stderrTail() }
  const text = left ? `the process ${told(left)}` : ended.text
  const isMarked = live.cycles === null || cyclesNow() > 0
  const end = at()
  recorder.write({
    line: 'end',
    ...end,
    failed: 0,
    faulted: { cycles: 0, failed: 0 },
    batchMs: end.ms,
    beforeMemory: null,
    ...(isMarked
      ? { ending: ended.ending, text }
      : { ending: 'mark-never-seen', text: 'no line of its output matched the mark' }),
    exit,
  })
}
