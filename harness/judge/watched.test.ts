import { describe, expect, it } from 'vitest'
import { residentRecording } from '../../tests/recording-of.ts'
import { judgeWatched } from './watched.ts'

const MB = 1024 ** 2
/** Watched for two hours, and read every thirty seconds. */
function watched(bytes: (minute: number) => number) {
  const recording = residentRecording(bytes, { every: 0.5, everyMs: 30_000, checkpoints: 240 })
  Object.assign(recording.header.plan, { watched: true, cycleUnit: 'minute', resolution: 1 })
  const last = recording.checkpoints.at(-1)
  return { ...recording, end: recording.end && { ...recording.end, ms: last?.ms ?? 0 } }
}

describe('resident memory of what is watched', () => {
  it('leaks where it was certain after half of the time', () => {
    const verdict = judgeWatched(watched((minute) => 100 * MB + 4 * MB * minute))
    expect(verdict).toMatchObject({ verdict: 'leaking', because: 'rss', confirmed: true })
    const rss = verdict.resources.find(({ name }) => name === 'rss')
    expect(rss?.growthPerCycle).toBeCloseTo(4 * MB, -4)
    expect(rss?.facts.anHour).toBe(60)
  })
  it('is not certain where it set in after that, though it leaks', () => {
    const late = watched((minute) => 100 * MB + Math.max(0, 8 * MB * (minute - 65)))
    const verdict = judgeWatched(late)
    expect(verdict.verdict).not.toBe('leaking')
    expect(verdict.resources.find(({ name }) => name === 'rss')?.level).toBe('error')
  })
  it('by less than 64 MB in all is not judged, unless a budget names it', () => {
    const slow = (minute: number) => 100 * MB + 0.3 * MB * minute
    const { verdict, resources } = judgeWatched(watched(slow))
    expect(verdict).not.toBe('leaking')
    expect(resources.find(({ name }) => name === 'rss')).toMatchObject({ level: 'off', verdict: null })
    const named = watched(slow)
    Object.assign(named.header.plan.resources[1] ?? {}, { named: true, perCycle: 0.1 * MB })
    expect(judgeWatched(named)).toMatchObject({ verdict: 'leaking', because: 'rss' })
  })
  it('that fills up and stays is none', () => {
    const fills = watched((minute) => 100 * MB + Math.min(300 * MB, 6 * MB * minute))
    expect(judgeWatched(fills).verdict).not.toBe('leaking')
  })
})
