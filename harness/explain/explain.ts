/** Evidence in, suspects out. Pure: explaining a recording again names the same ones. */
import type { Explanation, Frame, Recording, ResourceVerdict, ShownFrame, StackLine, Suspicion } from '../model.ts'
import { calledAs, likelyCalls } from './calls.ts'
import { type Growing, growing } from './growth.ts'
import { ACCEPTED, kindRank, shownOn, unitOf } from './kinds.ts'
import { releaseOf } from './release.ts'
import { bestFrame, bestPlace, sameFrame, sameToPeople, shownFrames } from './stacks.ts'

/** What grows less than this share of the leak is not its cause. */
const LEAST_SHARE = 0.05
const MOST = 20
/** Of the growth of a count its suspects have to add up to this share at least. */
const MOST_OF_IT = 0.75
const MOST_CONSTRUCTORS = 3

type Candidate = Growing & { resources: string[]; frames: ShownFrame[]; made: StackLine | null }

/** The growth per cycle that a suspect of a resource is held against. */
const growthOf = (resources: readonly ResourceVerdict[], names: readonly string[], unit: string): number =>
  Math.max(
    0,
    ...resources
      .filter((r) => names.includes(r.name) && r.unit === unit)
      .map(({ growthPerCycle }) => growthPerCycle ?? 0),
  )

/** When the last of them ends by itself; null where one does not. */
function latest(all: readonly { endsAfterMs: number | null }[]): number | null {
  const ends = all.flatMap(({ endsAfterMs }) => endsAfterMs ?? [])
  return ends.length < all.length || all.length === 0 ? null : Math.max(...ends)
}

/** One for all that was made at the same place: the kind that comes first in the table stands for the others. */
function merge(same: readonly [Candidate, ...Candidate[]]): Candidate {
  const [first] = same.toSorted((a, b) => kindRank(a.kind) - kindRank(b.kind)) as [Candidate]
  const alike = same.filter(({ kind }) => kind === first.kind)
  return {
    ...first,
    // Of one kind there may be several, as two listeners from one line.
    what: alike.every(({ what }) => what === first.what) ? first.what : null,
    grown: alike.reduce((sum, { grown }) => sum + grown, 0),
    perCycle: alike.reduce((sum, { perCycle }) => sum + perCycle, 0),
    endsAfterMs: latest(alike),
    resources: [...new Set([...first.resources, ...same.flatMap(({ resources }) => resources)])],
  }
}

const mergeBy = (candidates: readonly Candidate[], by: (candidate: Candidate) => string): Candidate[] =>
  [...Map.groupBy(candidates, by).values()].map((same) => merge(same as [Candidate, ...Candidate[]]))

/** What everything is made of says little. */
const generic = new Set(['Object', 'Array', 'Function', 'Map', 'Set', 'Promise', 'WeakRef'])

/** A name alone is worth something only where no stack explains the same resource; what is on the heap has a class beside it. */
function namesOnly(candidates: readonly Candidate[], withStack: readonly Candidate[]): Candidate[] {
  const explained = new Set(withStack.flatMap(({ resources }) => resources))
  const names = candidates.filter((candidate) => !withStack.includes(candidate)).sort(byGrowth)
  const unexplained = ({ resources }: Candidate) => !resources.some((name) => explained.has(name))
  return [
    ...names.filter((candidate) => candidate.kind !== 'object' && unexplained(candidate)),
    ...names
      .filter(
        (candidate) => candidate.kind === 'object' && (!generic.has(candidate.what ?? '') || unexplained(candidate)),
      )
      .slice(0, MOST_CONSTRUCTORS),
  ]
}

/** What grew, with its stack as it is shown, if it shows on something that leaks. */
function candidatesOf(recording: Recording, resources: readonly ResourceVerdict[]): Candidate[] {
  const { header, ledgers, stacks } = recording
  const leaking = resources.filter(({ verdict }) => verdict === 'leaking').map(({ name }) => name)
  const framesOf = new Map(stacks.map((stack) => [stack.id, shownFrames(stack, header.project)]))
  const byId = new Map(stacks.map((stack) => [stack.id, stack]))
  const toCandidate = (found: Growing): Candidate[] => {
    const shows = shownOn(found.kind, leaking)
    if (shows.length === 0 || found.perCycle < LEAST_SHARE * growthOf(resources, shows, unitOf(found.kind))) return []
    const frames = framesOf.get(found.stack ?? -1) ?? []
    // What the runtime allocates on its own behalf, our messages among it, is nobody's.
    if (found.kind === 'allocation' && frames.every(({ part }) => part === 'runtime')) return []
    return [{ ...found, resources: shows, frames, made: byId.get(found.stack ?? -1) ?? null }]
  }
  const found = growing(ledgers, sameToPeople(framesOf)).flatMap(toCandidate)
  // One line that many paths lead to may not grow on each of them every time.
  const byLine = growing(ledgers, sameFrame(framesOf)).flatMap(toCandidate)
  const isOf = (name: string) => (candidate: Candidate) =>
    candidate.frames.length > 0 && candidate.resources[0] === name
  const sum = (all: readonly Candidate[], name: string) =>
    all.filter(isOf(name)).reduce((sum, { perCycle }) => sum + perCycle, 0)
  const better = resources
    .map(({ name, growthPerCycle }) => ({ name, least: MOST_OF_IT * (growthPerCycle ?? 0) }))
    .filter(({ name, least }) => sum(found, name) < Math.min(sum(byLine, name), least || Infinity))
  const instead = better.flatMap(({ name }) => byLine.filter(isOf(name)))
  return [...found.filter((candidate) => !better.some(({ name }) => isOf(name)(candidate))), ...instead]
}

/**
 * What has the same stack was made by the same call. What was made on the same line is told once for a kind; a socket and the
 * session on it are one.
 */
const places = (candidates: readonly Candidate[]): Candidate[] =>
  mergeBy(
    mergeBy(candidates, ({ stack }) => String(stack)),
    ({ kind, frames, resources: [first] }) => {
      return `${first === 'sockets' ? first : kind} ${bestPlace(frames)}`
    },
  )

/** The frame that something is shown by, as it was recorded, and its lines where they are known. */
function shownAt({ made, frames }: Candidate, { sources }: Recording) {
  const at = bestFrame(frames)
  const frame = at === null ? undefined : made?.frames[at]
  return { at, frame, source: sources.find(({ file, at }) => file === frame?.file && at === frame.line) }
}

/**
 * Calls that may have asked a server for what it keeps, by what they are called in the source. Where something that is
 * counted grows as fast, that is the better answer.
 */
function askedFor(
  all: readonly Candidate[],
  seen: readonly Candidate[],
  recording: Recording,
  resources: readonly ResourceVerdict[],
): Candidate[] {
  const calls = places(all.filter(({ kind }) => kind === 'call')).map((call) => {
    const { frame, source } = shownAt(call, recording)
    return { ...call, what: (frame && source && calledAs(source, frame)) ?? call.what }
  })
  const counted = seen.filter(({ kind }) => unitOf(kind) === 'count')
  const likely = resources.flatMap(({ name, verdict, growthPerCycle }) => {
    const growth = growthPerCycle ?? 0
    const asks = verdict === 'leaking' && name.startsWith('server.') && growth > 0
    if (!asks || counted.some(({ perCycle }) => perCycle >= MOST_OF_IT * growth)) return []
    return likelyCalls(calls, name, growth).map((call) => ({ ...call, resources: [name] }))
  })
  return mergeBy(likely, ({ stack }) => String(stack)).map((call) => {
    // One call for two things that a server keeps is no two calls.
    const { grown, perCycle } = likely.find(({ stack }) => stack === call.stack) as Candidate
    return { ...call, grown, perCycle }
  })
}

function toSuspicion(candidate: Candidate, recording: Recording, waitedMs: number): Suspicion {
  const { resources, kind, what, grown, perCycle, endsAfterMs, made, frames } = candidate
  const { at, source } = shownAt(candidate, recording)
  return {
    resource: resources[0] as string,
    resources,
    kind,
    what,
    unit: unitOf(kind),
    count: grown,
    growthPerCycle: perCycle,
    release: releaseOf(kind, frames),
    // What a run that lasted longer saw grow is set anew.
    endsAfterMs: endsAfterMs !== null && endsAfterMs > waitedMs ? endsAfterMs : null,
    language: made?.language ?? null,
    stack: frames,
    at,
    source: source ? { at: source.at, first: source.first, text: source.text } : null,
  }
}

/**
 * @param recording of the explaining run
 * @param resources as the measured runs judged them: what does not leak has no suspects
 * @param waitedMs how long the longest of these runs lasted
 */
export function explain(
  recording: Recording,
  resources: readonly ResourceVerdict[],
  waitedMs = Number.POSITIVE_INFINITY,
): Explanation {
  const { ledgers, end } = recording
  const candidates = candidatesOf(recording, resources)
  const live = candidates.filter(({ kind }) => kind !== 'call')
  const withStack = live.filter(({ frames }) => bestFrame(frames) !== null)
  const suspects = [
    ...[...places(withStack), ...namesOnly(live, withStack)].sort(byGrowth),
    ...askedFor(candidates, withStack, recording, resources),
  ]
    .slice(0, MOST)
    .map((candidate) => toSuspicion(candidate, recording, waitedMs))
  const covered = new Set(suspects.flatMap(({ resources }) => resources))
  const not = leaksOf(resources).filter((name) => !covered.has(name))
  const partly = partlyExplained(suspects, resources)
  return {
    suspects,
    endAfterMs: not.length > 0 || partly.length > 0 ? null : allEnd(suspects),
    unexplained: {
      resources: not,
      partly,
      // A run that was cut short explains what it saw until then.
      cut: end === null || end.ending === 'length' ? null : { cycles: end.cycles, text: end.text },
      unread: Object.values(ledgers.at(-1)?.unread ?? {}),
      failed: null,
    },
  }
}

/**
 * After how long all that leaks ends by itself; null where something does not. What is allocated in the function that sets
 * a timeout is taken to be what it holds.
 */
function allEnd(suspects: readonly Suspicion[]): number | null {
  // A profiler tells the function, not the line of an allocation.
  const place = ({ stack, at }: Suspicion) => {
    const frame = at === null ? undefined : stack[at]
    return frame?.function ? `${frame.file} ${frame.function}` : ''
  }
  const ending = suspects.filter(({ endsAfterMs }) => endsAfterMs !== null)
  const places = new Set(ending.map(place))
  const isHeld = (suspect: Suspicion) => suspect.unit === 'bytes' && place(suspect) !== '' && places.has(place(suspect))
  const held = new Set([...ending, ...suspects.filter(isHeld)].flatMap(({ resources }) => resources))
  // Of what is held so, the names of classes say no more.
  const isNameOf = ({ kind, resources }: Suspicion) => kind === 'object' && resources.every((name) => held.has(name))
  return latest(suspects.filter((suspect) => !isHeld(suspect) && !isNameOf(suspect)))
}

/** A place before one in the runtime and before a name, objects before bytes, what was opened before what accepted it, and of each the faster first. */
const byGrowth = (a: Candidate, b: Candidate): number => {
  const bytes = (of: Candidate) => Number(unitOf(of.kind) === 'bytes')
  const accepted = (of: Candidate) => Number(of.kind === ACCEPTED)
  const unplaced = ({ frames }: Candidate) =>
    frames.length === 0 ? 2 : Number(frames.every(({ part }) => part === 'runtime'))
  return (
    unplaced(a) - unplaced(b) ||
    bytes(a) - bytes(b) ||
    accepted(a) - accepted(b) ||
    round(b.perCycle) - round(a.perCycle) ||
    kindRank(a.kind) - kindRank(b.kind)
  )
}
/** 1.00 and 0.98 per cycle are the same growth, read at another moment. */
const round = (value: number) => Number(value.toPrecision(1))

/** The frames that whatever grows would be shown by: their source is worth keeping. Paths are as they were recorded. */
export function framesToShow({ header, ledgers, stacks }: Recording): Frame[] {
  const shown = new Map(stacks.map((stack) => [stack.id, shownFrames(stack, header.project)]))
  const all = [...growing(ledgers, sameToPeople(shown)), ...growing(ledgers, sameFrame(shown))]
  const grown = new Set(all.map(({ stack }) => stack))
  return stacks.flatMap(({ id, frames }) => (grown.has(id) ? (frames[bestFrame(shown.get(id) ?? []) ?? -1] ?? []) : []))
}

/** Counts of which suspects explain a part only. What shows on several, as a worker on descriptors, is held against its first. */
function partlyExplained(suspects: readonly Suspicion[], resources: readonly ResourceVerdict[]) {
  return resources.flatMap(({ name, unit, verdict, growthPerCycle }) => {
    const own = suspects.filter((suspect) => suspect.resource === name && suspect.unit === 'count')
    const explained = own.reduce((sum, suspect) => sum + suspect.growthPerCycle, 0)
    const also = suspects.some((suspect) => suspect.resource !== name && suspect.resources.includes(name))
    const grows = growthPerCycle ?? 0
    const partly =
      verdict === 'leaking' && unit === 'count' && own.length > 0 && !also && explained < MOST_OF_IT * grows
    return partly ? [{ name, explained, growthPerCycle: grows }] : []
  })
}

/** What there is to say where there was no explaining run. */
export const unexplained = (resources: readonly ResourceVerdict[], failed: string): Explanation => ({
  suspects: [],
  endAfterMs: null,
  unexplained: { resources: leaksOf(resources), partly: [], cut: null, unread: [], failed },
})

const leaksOf = (resources: readonly ResourceVerdict[]): string[] =>
  resources.filter(({ verdict, level }) => verdict === 'leaking' && level !== 'off').map(({ name }) => name)
