/** What is suspected, in words: one sentence a suspect, the same in every report. */
import type { Explanation, ShownFrame, Suspect, Suspicion } from '../harness/model.ts'
import { count, duration, list, rate } from './format.ts'

const many = (kind: string, growth: number) => (isOne(growth) ? kind : plural(kind))
const plural = (kind: string) => (/(x|ch|ss)$/.test(kind) ? `${kind}es` : `${kind}s`)

/** What a name without a stack is a name of. */
const named: Readonly<Record<string, string>> = {
  'thread name': 'threads named',
  'child name': 'child processes named',
  peer: 'sockets of',
  path: 'descriptors of',
  key: 'keys',
  object: 'objects of class',
}

const place = ({ file, line }: ShownFrame) => (line > 0 ? `${file}:${line}` : file)
const within = (frame: ShownFrame) => (frame.function ? ` in ${frame.function}` : '')

/** The package that a person's code called, and how deep in it: `etcd3 (src/lease.ts:334 in Lease.keepalive)`. */
function through({ stack, at }: Suspicion): string {
  const inner = stack.slice(0, at ?? 0).filter(({ part }) => part === 'library')
  const called = inner.at(-1)
  const deepest = inner.find((frame) => frame.package === called?.package)
  return deepest ? `, through ${deepest.package} (${insidePackage(deepest)})` : ''
}
const insidePackage = (frame: ShownFrame) => {
  const { file, package: name } = frame
  const from = name === null ? -1 : file.lastIndexOf(`/${name}/`)
  return `${from === -1 ? place(frame) : place({ ...frame, file: file.slice(from + (name as string).length + 2) })}${within(frame)}`
}

const them = (growth: number) => (isOne(growth) ? 'it' : 'them')
const isOne = (growth: number) => Math.abs(growth - 1) < 0.005

/** More than this nobody waits for. */
const LONGEST_WAIT_MS = 600_000
const typedTime = (ms: number) => (ms < 120_000 ? `${Math.ceil(ms / 1000)}s` : `${Math.ceil(ms / 60_000)}m`)
/** Of what ends by itself, where no run lasted so long; the next one may. */
function endSentence({ endsAfterMs, growthPerCycle }: Suspicion): string {
  if (endsAfterMs === null) return ''
  const subject = isOne(growthPerCycle) ? 'It ends' : 'Each ends'
  const longer =
    endsAfterMs > LONGEST_WAIT_MS
      ? ''
      : `: no run lasted so long, --for ${typedTime(2 * endsAfterMs)} --until end would`
  return ` ${subject} by itself after ${duration(endsAfterMs)}, unless it is set anew${longer}.`
}

export const suspectSentence = (suspect: Suspicion): string => `${whatSentence(suspect)}${endSentence(suspect)}`

function whatSentence(suspect: Suspicion): string {
  const { kind, what, unit, growthPerCycle, stack, at, release } = suspect
  const frame = at === null ? undefined : stack[at]
  const would = release ? `; ${release} would release ${them(growthPerCycle)}` : ''
  if (!frame)
    return `${rate(growthPerCycle, unit)} ${named[kind] ?? many(kind, growthPerCycle)} ${what} more per cycle${would}.`
  const growth =
    unit === 'bytes'
      ? `${rate(growthPerCycle, unit)} of ${kind === 'buffer' ? 'buffers' : 'heap'}`
      : `${rate(growthPerCycle, unit)} ${many(kind, growthPerCycle)}`
  const of = what ? (kind === 'call' ? ` of ${what}` : ` (${what})`) : ''
  // A profiler tells the function, not the line of the allocation.
  const where =
    kind === 'allocation'
      ? `allocated${within(frame)} at ${place(frame)}`
      : `${kind === 'accepted socket' ? 'of the server that listens' : 'made'} at ${place(frame)}${within(frame)}`
  return `${growth}${of} per cycle, ${where}${through(suspect)}${would}.`
}

/** What could not be explained, and why: a sentence each. */
export function unexplainedSentences(explanation: Explanation | null): string[] {
  if (!explanation) return []
  const { resources, partly, cut, unread, failed } = explanation.unexplained
  return [
    ...(failed === null ? [] : [`The leak could not be explained: ${failed}`]),
    ...(cut ? [`The explaining run was cut short near cycle ${count(cut.cycles)}: ${cut.text}.`] : []),
    ...unread.map((why) => `Not looked at: ${why}.`),
    ...partly.map(
      ({ name, explained, growthPerCycle }) =>
        `Of ${name}, ${rate(explained, 'count')} of ${rate(growthPerCycle, 'count')} per cycle are explained.`,
    ),
    ...(failed === null ? nothingFor(resources) : []),
  ]
}

/** What nobody saw being made; of what a server keeps it is said what could have been seen. */
function nothingFor(resources: readonly string[]): string[] {
  const kept = resources.filter((name) => name.startsWith('server.'))
  const others = resources.filter((name) => !kept.includes(name))
  const nothing = 'Nothing that was seen being made grows with'
  return [
    ...(others.length > 0 ? [`${nothing} ${list(others)}.`] : []),
    ...(kept.length > 0
      ? [`${nothing} ${list(kept)}: what a server keeps shows here only in calls that are made as often.`]
      : []),
  ]
}

/** A stack as lines: a person's own frames as they are, runs of others folded into one line each. */
export type StackText = { text: string; own: boolean }
export function stackLines({ stack, at }: Pick<Suspect, 'stack' | 'at'>): StackText[] {
  const hasOwn = stack.some(({ part }) => part === 'own')
  const lines: StackText[] = []
  for (let i = 0; i < stack.length; ) {
    const frame = stack[i] as ShownFrame
    const shows = i === at || frame.part === 'own' || (!hasOwn && frame.part === 'library')
    if (shows) {
      lines.push({ text: `${place(frame)}${within(frame)}`, own: frame.part === 'own' })
      i++
      continue
    }
    let end = i
    while (end < stack.length && end !== at && stack[end]?.part !== 'own' && (hasOwn || stack[end]?.part !== 'library'))
      end++
    const folded = stack.slice(i, end)
    const packages = [
      ...new Set(folded.map(({ package: name, part }) => name ?? (part === 'runtime' ? 'the runtime' : ''))),
    ]
    lines.push({
      text: `${folded.length} ${folded.length === 1 ? 'frame' : 'frames'} of ${list(packages)}`,
      own: false,
    })
    i = end
  }
  return lines
}

/** Source lines with their numbers; `at` marks the one in question. */
export function sourceLines({ at, first, text }: NonNullable<Suspect['source']>): { text: string; at: boolean }[] {
  const width = String(first + text.length - 1).length
  return text.map((line, i) => ({
    text: `${first + i === at ? '>' : ' '} ${String(first + i).padStart(width)} │ ${line.replaceAll('\t', '  ')}`,
    at: first + i === at,
  }))
}
