/**
 * What a run does next, and why. Pure: `drive.ts` does each step, and tells what came of it.
 *
 *     start → warm-up → run: batch or fault → checkpoint → look ─┬→ batch …
 *                                                                ├→ memory, drain
 *                                                                └→ closing: checkpoint, limits, drain → end
 */
import { type Ending, isCoarse, isCommand, type Plan } from '../model.ts'
import {
  ceilingsOf,
  chooseBatch,
  grownPerCycle,
  leastBatch,
  lengthLeft,
  lengthReached,
  longer,
  memoryIsDue,
  paceOf,
  RECENT,
  towardsLimit,
} from './length.ts'
import { comingFaults, cyclesUntil, takeDue } from './schedule.ts'
import type { At, Course, Happened, LookFor, Reading, State, Step } from './state.ts'

type Next = [State, Step]

const LONGEST_WARM_UP_MS = 1000
/** At most this share of the planned cycles. */
const WARM_UP_SHARE = 1 / 100
/** Enough to see a pace and what grows, where a limit is near, and what comes before it is wanted. */
const SHORT_WARM_UP = 3
/** Checkpoints of memory, as a share of those planned. */
const MEMORY_SHARE = 0.4

/** When so much of the way to the memory guard is gone, nobody waits for the counts: the run may be over before they are clean. */
const GUARDED_SHARE = 1 / 4

/** A run comes to rest for so long in all, and goes on then. */
const MOST_REST_MS = 30_000

/** Of what is not limited it may die first, wherever memory is not measured before it does. */
const memoryFirst = ({ limits, until }: Plan): boolean =>
  limits.some(({ resource }) => resource === 'memory') || (until === 'crash' && limits.length === 0)

const measuresMemory = (plan: Plan): boolean =>
  !isCommand(plan) &&
  (memoryFirst(plan) ||
    plan.resources.some((resource) => resource.unit === 'bytes' && resource.level !== 'off' && !isCoarse(resource)))

/** How a run begins: its state, and its first step. */
export function start(course: Course): Next {
  const { plan, runsOn } = course
  const state: State = {
    course,
    stage: 'start',
    size: 1,
    untilMs: Infinity,
    warm: { msPerCycle: 1, msPerCheckpoint: 0, growth: { threads: 0, fds: 0, memory: 0 } },
    origin: { cycles: 0, ms: 0 },
    drainMs: 0,
    first: null,
    last: null,
    measured: [],
    planned: { length: plan.length, ceilings: ceilingsOf(plan) },
    batch: course.toCrash ? 1 : Infinity,
    msPerCycle: null,
    checkpoints: 0,
    memory: null,
    coming: [],
    faults: 0,
    stopAtMs: plan.length.forMs ?? Infinity,
    rests: false,
    drained: 'not-yet',
    again: null,
    todo: [],
  }
  // A command has started when its first mark comes; its pace is measured from there.
  return [state, runsOn ? { do: 'batch', cycles: 1 } : { do: 'read', first: true }]
}

/**
 * What comes after what has happened. Pure: the same for the same.
 * @throws Error for what no step had asked for
 */
export function next(state: State, happened: Happened): Next {
  if (happened.did === 'lose') return end(state, happened.at)
  if (state.stage === 'closing') return closingStep(state, happened)
  if (state.stage === 'run') return runStep(state, happened)
  return warmUpStep(state, happened)
}

/** Cycles and ms since the first checkpoint. */
export const sinceOrigin = ({ origin, drainMs }: State, { cycles, ms }: Pick<At, 'cycles' | 'ms'>) => ({
  cycles: cycles - origin.cycles,
  ms: ms - origin.ms - drainMs,
})

/** Batches of 1, 2, 4, 8 … cycles, which connect, compile and fill caches; the last one tells the pace. */
function warmUpStep(state: State, happened: Happened): Next {
  const { at, did } = happened
  const { plan, toCrash } = state.course
  if (did === 'begin') {
    const origin = { cycles: at.cycles, ms: at.ms }
    const coming = comingFaults(plan.faults, at.cycles)
    return [
      { ...state, stage: 'run', origin, coming },
      { do: 'checkpoint', collect: state.course.explains, closing: state.course.explains },
    ]
  }
  if (did === 'batch')
    return [
      { ...state, msPerCycle: happened.msPerCycle },
      { do: 'read', first: state.stage === 'start' },
    ]
  if (did !== 'read') throw unexpected(state, happened)
  const before = state.stage === 'start'
  const { reading, limits } = happened
  const warmer: State = before
    ? {
        ...state,
        stage: 'warm-up',
        untilMs: plan.warmup === null ? at.ms + LONGEST_WARM_UP_MS : Infinity,
        warm: { ...state.warm, msPerCheckpoint: reading.tookMs },
        planned: { ...state.planned, ceilings: ceilingsOf(plan, toCrash ? limits : []) },
        last: reading,
      }
    : {
        ...state,
        size: state.size * 2,
        warm: {
          msPerCycle: state.msPerCycle ?? state.warm.msPerCycle,
          msPerCheckpoint: reading.tookMs,
          growth: grownPerCycle(state.last as Reading, reading, state.size),
        },
        last: reading,
      }
  if (at.halted) return close(warmer, at)
  const planned = toCrash ? SHORT_WARM_UP : Math.max(1, Math.floor((plan.length.cycles ?? Infinity) * WARM_UP_SHARE))
  const left = (plan.warmup ?? planned) - at.cycles
  if (left <= 0 || at.ms >= warmer.untilMs) return [warmer, { do: 'begin', pace: warmer.warm }]
  const size = Math.min(warmer.size, left)
  return [
    { ...warmer, size },
    { do: 'batch', cycles: size },
  ]
}

function runStep(state: State, happened: Happened): Next {
  const { plan, explains } = state.course
  const { at } = happened
  switch (happened.did) {
    case 'batch':
      return [{ ...state, msPerCycle: happened.msPerCycle }, checkpointOf(state)]
    case 'fault':
      // What runs under a fault says nothing of the pace.
      return [{ ...state, msPerCycle: null, faults: state.faults + 1 }, checkpointOf(state)]
    case 'checkpoint': {
      const read = counted(state, happened.reading)
      // Before the first batch there is nothing to look at.
      const looks = state.first !== null && plan.until !== 'end' && !explains && !at.halted
      return looks ? [read, { do: 'look', for: 'certain' }] : goOn(read, at)
    }
    case 'look':
      return looked(state, happened)
    case 'drain': {
      const drained: State = { ...state, drainMs: state.drainMs + happened.tookMs, drained: 'just' }
      return [drained, { do: 'look', for: isLong(drained, at) ? 'by-now' : 'certain' }]
    }
    case 'memory':
    case 'go-on':
      return goOn(state, at)
    default:
      throw unexpected(state, happened)
  }
}

const checkpointOf = ({ memory, course: { explains } }: State): Step => ({
  do: 'checkpoint',
  collect: memory !== null || explains,
  closing: explains,
})

/** Takes a checkpoint into account. */
function counted(state: State, reading: Reading): State {
  const { course, first, memory, warm, msPerCycle } = state
  if (first === null) {
    const measured = [{ ...warm, msPerCheckpoint: course.explains ? reading.tookMs : warm.msPerCheckpoint }]
    return { ...state, first: reading, last: reading, measured }
  }
  const pace = msPerCycle === null ? [] : [{ msPerCycle, msPerCheckpoint: reading.tookMs }]
  return {
    ...state,
    last: reading,
    checkpoints: state.checkpoints + 1,
    measured: [...state.measured, ...pace].slice(-RECENT),
    memory: memory && { ...memory, checkpoints: memory.checkpoints + 1 },
  }
}

const isLong = (state: State, at: At): boolean => lengthReached(state.planned.length, sinceOrigin(state, at))
/** Whether the run may go on where it is undecided. */
const isOpen = (state: State, at: At): boolean =>
  sinceOrigin(state, at).ms < (state.course.plan.length.mostMs ?? 0) && state.course.plan.until === 'verdict'

/** After a look, and before the next cycles. */
function goOn(state: State, at: At): Next {
  const { plan, explains } = state.course
  if (at.halted) return close(state, at)
  const since = sinceOrigin(state, at)
  if (isLong(state, at)) {
    if (plan.endless) return goOn(lengthen(state), at)
    if (explains) return [state, { do: 'look', for: 'ledgers' }]
    if (isOpen(state, at)) return [state, { do: 'look', for: 'by-now' }]
    return close(state, at, { ending: 'length', text: 'the planned length' })
  }
  const begins = state.first !== null && state.checkpoints === 0 && memoryFirst(plan)
  const why = begins
    ? 'memory is what it may die of'
    : memoryIsDue(plan.length, since)
      ? 'what is left of the length is for memory'
      : nearsGuard(state)
        ? 'the memory guard is near'
        : null
  return why !== null && !state.memory && measuresMemory(plan) ? measure(state, Infinity, why) : cycle(state, at)
}

function nearsGuard({ first, last, course: { plan } }: State): boolean {
  const [from, now] = [first?.readings.rss ?? 0, last?.readings.rss ?? 0]
  return now - from > GUARDED_SHARE * (plan.guards.memory - from)
}

/** The next cycles: a batch, or a fault where one is due. */
function cycle(state: State, at: At): Next {
  const { course, planned, memory } = state
  const { plan, toCrash, explains } = course
  const since = sinceOrigin(state, at)
  const so = { ...since, checkpoints: state.checkpoints }
  const [first, last] = [state.first as Reading, state.last as Reading]
  const pace = paceOf(toCrash ? { growth: grownPerCycle(first, last, since.cycles) } : state.warm, state.measured)
  const chosen = (length: Plan['length'], done: typeof so) => chooseBatch({ ...plan, ...planned, length }, done, pace)
  const batch = toCrash
    ? towardsLimit(state.batch, chosen(planned.length, so))
    : memory
      ? // Small ones, until it has had its checkpoints; what is still undecided then goes on as it did before.
        Math.min(
          memory.checkpoints >= memory.length.checkpoints ? memory.before : memory.most,
          chosen(memory.length, { ...since, checkpoints: memory.checkpoints }),
        )
      : // It only shrinks, so that the planned checkpoints still fit when the pace falls. Growth is per cycle: unequal
        // batches are sound.
        Math.min(state.batch, chosen(planned.length, so))
  const left = cyclesUntil(state.coming, at.cycles)
  if (left === 0) {
    const { fault, rest } = takeDue(state.coming, at.cycles)
    const until = lengthLeft({ ...plan, length: planned.length }, since)
    return [
      { ...state, batch, coming: rest },
      { do: 'fault', fault, nth: state.faults + 1, msPerCycle: pace.msPerCycle, left: until },
    ]
  }
  const wanted = explains ? Math.max(batch, leastBatch(plan.length, pace)) : batch
  return [
    { ...state, batch },
    { do: 'batch', cycles: Math.min(wanted, left) },
  ]
}

function measure(state: State, most: number, why: string): Next {
  const { length } = state.planned
  const checkpoints = Math.ceil(length.checkpoints * MEMORY_SHARE)
  const memory = { checkpoints: 0, length: { ...length, checkpoints }, most, before: state.batch }
  return [
    { ...state, memory },
    { do: 'memory', why },
  ]
}

function lengthen(state: State): State {
  const { planned, memory } = state
  return {
    ...state,
    planned: { ...planned, length: longer(planned.length) },
    memory: memory && { ...memory, length: longer(memory.length) },
  }
}

function looked(state: State, { at, for: asked, found }: Happened & { did: 'look' }): Next {
  const { plan } = state.course
  if (at.halted) return close(state, at)
  const inFull = { ending: 'length', text: 'the planned length' } as const
  if (asked === 'ledgers') return found === 'explained' ? close(state, at, inFull) : oneMoreLedger(state, at)
  if (found === 'clean' || (found === 'counts-clean' && !measuresMemory(plan)))
    return close(state, at, { ending: 'certain-clean', text: 'every gating resource is clean' })
  if (found === 'leaking' && plan.until !== 'crash') return leaks(state, at, asked)
  const isDrained = state.drained === 'just'
  const on: State = isDrained ? { ...state, drained: state.rests ? 'not-yet' : 'refuted', rests: false } : state
  if (found === 'counts-clean' && !on.memory) return measure(on, Math.ceil(on.batch / 2), 'every count is clean')
  if (found === 'to-rest' && !on.course.runsOn && !isDrained && on.drainMs < MOST_REST_MS) return rest(on)
  if (asked === 'certain') return goOn(on, at)
  const isUndecided = found === 'undecided' || found === 'to-rest'
  if (!isUndecided || !isOpen(on, at)) return close(on, at, inFull)
  const longer = lengthen(on)
  return [longer, { do: 'go-on', length: longer.planned.length }]
}

const rest = (state: State): Next => [
  { ...state, rests: true },
  { do: 'drain', why: 'what comes and goes may hide what grows', rests: true },
]

/** On a busy machine: of fewer ledgers nobody can say what grows. The next batch gets the time of one more. */
function oneMoreLedger(state: State, at: At): Next {
  const { forMs, checkpoints } = state.course.plan.length
  return cycle({ ...state, stopAtMs: sinceOrigin(state, at).ms + (forMs ?? Infinity) / checkpoints }, at)
}

/** Nothing is called leaking before a drain, and what runs on has none. */
function leaks(state: State, at: At, asked: LookFor): Next {
  const isEnd = asked === 'by-now'
  const leak = isEnd
    ? ({ ending: 'length', text: 'the planned length' } as const)
    : ({ ending: 'certain-leak', text: 'the leak is certain' } as const)
  if (state.course.runsOn) {
    const { cycles } = sinceOrigin(state, at)
    // Without a drain to wait in, what fills up is told from what leaks by as many cycles again.
    const again = state.again ?? cycles * 2
    return isEnd || cycles >= again ? close(state, at, leak) : goOn({ ...state, again }, at)
  }
  if (state.drained === 'just') return close(state, at, leak)
  if (state.drained === 'refuted' && !isEnd) return goOn(state, at)
  return [state, { do: 'drain', why: 'it looks like a leak', rests: false }]
}

/** The way to the end: what is left is read, and what is released late waited for. */
function close(state: State, at: At, by: { ending: Ending; text: string } | null = null): Next {
  const { halted } = at
  const { runsOn, explains } = state.course
  const ended = halted ?? by
  if (!ended) throw new Error('a run ends for a reason')
  if (halted?.hard) return end(state, at)
  // After a drain, while memory is measured, and with a ledger, everything was read in this way already; a command always is.
  const isDrained = state.drained === 'just'
  const isRead = isDrained || runsOn || explains || state.memory !== null || state.first === null
  const drains = !isDrained && (halted ? halted.ending !== 'crashed' : ended.ending === 'length')
  const todo: Step[] = [
    ...(isRead ? [] : [{ do: 'checkpoint', collect: true, closing: true } as const]),
    { do: 'limits' },
    ...(drains ? [{ do: 'drain', why: 'the end', rests: false } as const] : []),
    { do: 'end', ending: ended.ending, text: ended.text },
  ]
  return pop({ ...state, stage: 'closing', todo })
}

function pop(state: State): Next {
  const [step, ...todo] = state.todo
  return [{ ...state, todo }, step as Step]
}

/** Something may still halt a run that is closing: then nothing more is asked of it; its reason stays the first. */
function closingStep(state: State, { at }: Happened): Next {
  return at.halted?.hard ? end(state, at) : pop(state)
}

function end(state: State, { halted }: At): Next {
  const last = state.todo.at(-1)
  const { ending, text } = halted ?? (last?.do === 'end' ? last : { ending: 'target-died' as const, text: '' })
  return [
    { ...state, stage: 'closing', todo: [] },
    { do: 'end', ending, text },
  ]
}

const unexpected = ({ stage }: State, { did }: Happened) => new Error(`${did}, in ${stage}: nothing was asked for`)
