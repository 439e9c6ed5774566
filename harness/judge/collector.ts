/**
 * Files and sockets of a program whose collector closes them. Until it has run, what waits for it looks like a leak. So growth has to outlast it: one stretch of
 * more than the two minutes after which Go collects in any case. Pure.
 */
import type { Recording } from '../model.ts'
import type { SeriesVerdict } from './rules.ts'

const OUTLASTS_MS = 150_000
const isClosedByIt = (name: string) => name === 'fds' || name === 'sockets'

/** A leak as it was judged or, where it has not lasted long enough, what is open about it. */
export function outlasting(judged: SeriesVerdict, name: string, { start, checkpoints }: Recording): SeriesVerdict {
  const collectors = start?.collectors ?? []
  if (judged.verdict !== 'leaking' || collectors.length === 0 || !isClosedByIt(name)) return judged
  const [first, last] = [checkpoints[0]?.ms ?? 0, checkpoints.at(-1)?.ms ?? 0]
  if (last - first >= OUTLASTS_MS) return judged
  const facts = { collectors: collectors.join(' and '), wantedMs: OUTLASTS_MS }
  return { ...judged, verdict: 'inconclusive', reasonCode: 'may-be-collected', confirmed: null, facts }
}
