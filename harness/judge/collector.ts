/**
 * Files and sockets of a program whose collector closes them. Until it has run, what waits for it looks like a leak. So growth has to outlast it: for more than
 * the two minutes after which Go, once it has collected, does so again. Pure.
 */
import type { Recording } from '../model.ts'
import { floorOf } from './floor.ts'
import type { SeriesVerdict } from './rules.ts'
import { begunAt } from './shards.ts'

export const OUTLASTS_MS = 150_000

/** Whether a collector may close what a resource counts. */
export const mayBeCollected = (name: string, { start }: Pick<Recording, 'start'>): boolean =>
  (name === 'fds' || name === 'sockets') && (start?.collectors?.length ?? 0) > 0

/** For how long a count has grown, ms, in the last of several recordings: from the last reading before its floor first rose. */
function grewFor(name: string, recording: Recording): number {
  const begun = begunAt(recording)
  const read = recording.checkpoints.flatMap(({ cycles, ms, readings }) => {
    const value = readings[name]
    return value == null || cycles < begun ? [] : [{ ms, value }]
  })
  const floor = floorOf(read.map(({ value }) => value))
  const rises = floor.findIndex((value) => value > (floor[0] ?? value))
  return rises < 0 ? 0 : (read.at(-1)?.ms ?? 0) - (read[rises - 1]?.ms ?? 0)
}

/** A leak as it was judged or, where it has not lasted long enough, what is open about it. */
export function outlasting(judged: SeriesVerdict, name: string, recording: Recording): SeriesVerdict {
  if (judged.verdict !== 'leaking' || !mayBeCollected(name, recording)) return judged
  // A collector that did not come before the limit saved nothing.
  if (grewFor(name, recording) >= OUTLASTS_MS || recording.end?.refused?.resource === 'fds') return judged
  const facts = { collectors: recording.start?.collectors?.join(' and ') ?? '', wantedMs: OUTLASTS_MS }
  return { ...judged, verdict: 'inconclusive', reasonCode: 'may-be-collected', confirmed: null, facts }
}
