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

export type SeriesOptions = {
  /** Only checkpoints that came after a full collection: memory without garbage. */
  collected: boolean
  /** Only from this cycle on. */
  from: number
}

export function seriesOf(all: readonly CheckpointLine[], name: string, { collected, from }: SeriesOptions): Series {
  const checkpoints = all.filter((checkpoint) => (checkpoint.collected || !collected) && checkpoint.cycles >= from)
  const points = checkpoints.flatMap(({ cycles, phase, readings, highest }): Point[] => {
    const value = readings[name]
    if (value == null) return []
    const most = highest?.[name]
    return [{ cycle: cycles, value, drain: phase === 'drain', ...(most == null ? {} : { highest: most }) }]
  })
  const unread = checkpoints.findLast(({ unread }) => unread[name] !== undefined)?.unread[name]
  const tooEarly = collected && all.some(({ readings }) => readings[name] != null)
  const why = unread ?? (tooEarly ? 'the run ended before its memory was measured' : 'nobody read it')
  if (points.length === 0) return { points, gap: { code: 'not-read', why } }
  const endsUnread = checkpoints.at(-1)?.readings[name] == null
  const missed = 1 - points.length / checkpoints.length
  return { points, gap: endsUnread || missed > MOST_MISSED ? { code: 'stopped-being-read', why } : null }
}
