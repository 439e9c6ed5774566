/** From a recording to one series per resource. Pure. */
import type { CheckpointLine } from '../model.ts'
import type { Point } from './floor.ts'

export type Series = {
  points: readonly Point[]
  /** Why there is no series to judge: never read, or not to the end. */
  gap: { code: 'not-read' | 'stopped-being-read'; why: string } | null
}

/** A reading may be missed now and then (a deadline); more than this share of them is no series. */
const MOST_MISSED = 0.1

export function seriesOf(checkpoints: readonly CheckpointLine[], name: string): Series {
  const points = checkpoints.flatMap(({ cycles, phase, readings }) => {
    const value = readings[name]
    return value == null ? [] : [{ cycle: cycles, value, drain: phase === 'drain' }]
  })
  const why = checkpoints.findLast(({ unread }) => unread[name] !== undefined)?.unread[name] ?? 'nobody read it'
  if (points.length === 0) return { points, gap: { code: 'not-read', why } }
  const endsUnread = checkpoints.at(-1)?.readings[name] == null
  const missed = 1 - points.length / checkpoints.length
  return { points, gap: endsUnread || missed > MOST_MISSED ? { code: 'stopped-being-read', why } : null }
}
