/** What only silence releases, told from what levels off while cycles run: 10 ms a cycle, a checkpoint each half second. */
import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import type { CheckpointLine } from '../model.ts'
import { heldWhileBusy, stoodAbove } from './busy.ts'
import { judge } from './judge.ts'
import { errorShared } from './rules.ts'

const rules = { budget: 0, resolution: 1 / 1000, ...errorShared(8), early: false, total: null, peak: null }
const MS_PER_CYCLE = 10
const EVERY_MS = 500

/** What is held after so many ms of a stretch; stretches of so many s, each with a drain that takes `releaseMs` and leaves so many. */
type Script = {
  held: (ms: number) => number
  seconds: number[]
  left?: number
  releaseMs?: number
  collected?: boolean
}

function recorded({ held, seconds, left = 0, releaseMs = 3000, collected = true }: Script) {
  const blank = recordingOf({ threads: [], 'server.kept': [] })
  const checkpoints: CheckpointLine[] = []
  const at = { ms: 0, cycles: 0 }
  const read = (phase: CheckpointLine['phase'], kept: number) =>
    checkpoints.push({
      ...at,
      line: 'checkpoint',
      phase,
      failed: 0,
      readings: { threads: 7, 'server.kept': Math.floor(kept) },
      unread: {},
      detail: {},
      collected,
      tookMs: 5,
    })
  for (const length of seconds) {
    for (let ms = 0; ms <= length * 1000; ms += EVERY_MS) {
      read('run', held(ms))
      at.ms += EVERY_MS
      at.cycles += EVERY_MS / MS_PER_CYCLE
    }
    at.ms += releaseMs
    for (let i = 0; i < 5; i++) read('drain', left)
  }
  const start = { line: 'start' as const, ms: 0, readings: { threads: 7, 'server.kept': 0 } }
  return { ...blank, checkpoints, start, end: blank.end && { ...blank.end, cycles: at.cycles } }
}
const verdictOn = (script: Script) => heldWhileBusy(recorded(script), 'server.kept', rules)
const steadily = (ms: number) => ms / MS_PER_CYCLE
/** Each is held for so many ms. */
const aliveFor = (ttl: number) => (ms: number) => Math.min(ms, ttl) / MS_PER_CYCLE

describe('what grows as long as cycles run, and silence brings back', () => {
  it('leaks under load, if one stretch was half a minute long', () => {
    expect(verdictOn({ held: steadily, seconds: [10, 40] })).toMatchObject({
      verdict: 'leaking',
      reasonCode: 'grows-under-load',
      growthPerCycle: expect.closeTo(1, 1),
    })
    expect(judge(recorded({ held: steadily, seconds: [10, 40] }))).toMatchObject({
      verdict: 'leaking',
      reasonCode: 'grows-under-load',
      because: 'server.kept',
    })
  })

  it('and three times as long as the release took', () => {
    const slow = { held: steadily, seconds: [10, 40], releaseMs: 16_000 }
    expect(verdictOn(slow)).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'held-while-busy',
      facts: { releasedMs: 16_500, wantedMs: 49_500 },
    })
    expect(verdictOn({ ...slow, seconds: [10, 60] })).toMatchObject({ verdict: 'leaking' })
  })

  it.each([5000, 10_000, 20_000])('is none that levels off when its time to live of %i ms has passed', (ttl) => {
    expect(verdictOn({ held: aliveFor(ttl), seconds: [4, 70], releaseMs: ttl })).toBe(null)
  })

  it('is open where no stretch was long enough to see that', () => {
    expect(verdictOn({ held: aliveFor(5000), seconds: [4], releaseMs: 5000 })).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'held-while-busy',
    })
  })

  it('is a leak like any other where the last drain does not bring it back', () => {
    const { checkpoints } = recorded({ held: steadily, seconds: [10, 40] })
    const stays = checkpoints.map((line, i) =>
      line.phase === 'drain' && i > checkpoints.length - 6 ? { ...line, readings: { 'server.kept': 4000 } } : line,
    )
    expect(heldWhileBusy({ checkpoints: stays }, 'server.kept', rules)).toBe(null)
  })

  it('is open where only readings without a collection show it: a collection may release it, too', () => {
    expect(verdictOn({ held: steadily, seconds: [10, 40], collected: false })?.reasonCode).toBe('held-while-busy')
  })

  it('is none that is slower than clean has to rule out', () => {
    const slow = recorded({ held: (ms) => ms / 1000, seconds: [40, 40] })
    expect(heldWhileBusy(slow, 'server.kept', rules)?.verdict).toBe('leaking')
    expect(heldWhileBusy(slow, 'server.kept', { ...rules, resolution: 1 / 50 })).toBe(null)
  })

  it('that levels off is told with its level, and how long its release took', () => {
    const leases = recorded({ held: aliveFor(5000), seconds: [70], releaseMs: 5000 })
    expect(stoodAbove(leases, 'server.kept')).toEqual({ stood: 500, releasedMs: 5500 })
    const { verdict, facts } = judge(leases).resources.find(({ name }) => name === 'server.kept') ?? {}
    expect([verdict, facts?.stood]).toEqual(['clean', 500])
    expect(stoodAbove(recorded({ held: () => 5, seconds: [70] }), 'server.kept')).toBe(null)
  })

  it('keeps an early look from calling it clean', () => {
    const short = { ...recorded({ held: aliveFor(5000), seconds: [4], releaseMs: 5000 }), end: null }
    const kept = judge(short, { early: true }).resources.find(({ name }) => name === 'server.kept')
    expect(kept).toMatchObject({ verdict: 'inconclusive', reasonCode: 'held-while-busy' })
  })

  it('is not forgotten for a few cycles after it, which a Ctrl-C ended', () => {
    const { checkpoints, end } = recorded({ held: steadily, seconds: [20, 0] })
    const { cycles } = checkpoints.at(-1) as CheckpointLine
    expect([checkpoints.filter(({ phase }) => phase === 'drain').length, cycles]).toEqual([10, end?.cycles])
    expect(heldWhileBusy({ checkpoints }, 'server.kept', rules)).toMatchObject({ reasonCode: 'held-while-busy' })
  })

  it('is nothing where no drain brought anything back', () => {
    expect(verdictOn({ held: () => 5, seconds: [10, 40], left: 5 })).toBe(null)
    expect(verdictOn({ held: steadily, seconds: [40], left: 4000 })).toBe(null)
  })
})
