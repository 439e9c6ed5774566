import { expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import { judge } from './judge.ts'
import { cyclesToRuleOut, outlookOf, resolutionOf } from './reach.ts'

/** A run of `n` checkpoints, each after so many cycles and ms. */
function run(n: number, cycles: number, ms: number, mostMs: number | null = 300_000) {
  const recording = recordingOf({ threads: repeat(n, () => 7), fds: repeat(n, () => 9) })
  for (const [i, checkpoint] of recording.checkpoints.entries())
    Object.assign(checkpoint, { cycles: i * cycles, ms: i * ms })
  recording.header.plan.length.mostMs = mostMs
  recording.header.plan.coarsest = mostMs === null ? null : 1 / 100
  return recording
}
const resolution = (recording: ReturnType<typeof run>, gates = 9) =>
  resolutionOf(recording.header.plan, recording.checkpoints, gates)

it('to rule out one in 1,000 takes some seven thousand cycles of nine gates, ten with one rise, and less of fewer', () => {
  expect(cyclesToRuleOut(1 / 1000, 9)).toBeGreaterThan(6500)
  expect(cyclesToRuleOut(1 / 1000, 9)).toBeLessThan(8500)
  expect(cyclesToRuleOut(1 / 1000, 9, 1)).toBeGreaterThan(10_000)
  expect(cyclesToRuleOut(1 / 1000, 1)).toBeLessThan(5000)
  expect(cyclesToRuleOut(1 / 100, 9)).toBeCloseTo(cyclesToRuleOut(1 / 1000, 9) / 10)
})

it('a run fast enough has to rule out one in 1,000, a slow one what it can in five minutes, down to one in 100', () => {
  expect(resolution(run(100, 100, 500))).toBe(1 / 1000)
  // 20 cycles a second: 6,000 in five minutes.
  expect(resolution(run(100, 10, 500))).toBe(1 / 500)
  expect(resolution(run(100, 1, 500))).toBe(1 / 100)
})

it('is as strict as was asked for where somebody asked', () => {
  expect(resolution(run(100, 1, 500, null))).toBe(1 / 1000)
})

it('does not count the time of a drain', () => {
  const drained = run(100, 10, 500)
  for (const checkpoint of drained.checkpoints.slice(60)) checkpoint.ms += 60_000
  Object.assign(drained.checkpoints[60] as object, { phase: 'drain' })
  expect(resolution(drained)).toBe(resolution(run(100, 10, 500)))
})

it('what it had to rule out is in the verdict, and nothing coarser was called clean', () => {
  const verdict = judge(run(600, 10, 500))
  expect(verdict).toMatchObject({ verdict: 'clean', resolution: expect.any(Number) })
  expect(verdict.resolution).toBeGreaterThan(1 / 1000)
  for (const { detectable } of verdict.resources) expect(detectable).toBeLessThan(verdict.resolution)
})

it('says how long it may take, once it knows its pace', () => {
  const { plan } = run(2, 1, 1).header
  const outlook = outlookOf(plan, 10)
  expect(outlook).toMatchObject({ cyclesPerSecond: 100, resolution: 1 / 1000 })
  expect(outlook.ms).toBeGreaterThan(50_000)
  expect(outlook.ms).toBeLessThan(100_000)
  // One in 100 takes more time than a run takes by itself, and nobody says that it does not.
  const slow = outlookOf(plan, 1000)
  expect(slow.resolution).toBe(1 / 100)
  expect(slow.ms).toBeGreaterThan(300_000)
})

/** A slow run that took its five minutes: 9,600 cycles of 31 ms, whose threads are what `at` says. */
function wholeRun(at: (share: number) => number) {
  const recording = run(201, 48, 1500)
  for (const [i, { readings }] of recording.checkpoints.entries()) readings.threads = 7 + at(i / 200)
  return recording
}

it('a step that left too few cycles behind it is outlived at a coarser resolution, and the verdict has it', () => {
  const stepped = wholeRun((share) => (share > 0.45 ? 12 : 0))
  const verdict = judge(stepped)
  expect(verdict.verdict).toBe('clean')
  expect(verdict.resolution).toBeGreaterThan(resolution(stepped, 2))
  // Before it is over more cycles may do better.
  expect(judge({ ...stepped, end: null }).verdict).toBe('inconclusive')
  // What was asked for stays.
  stepped.header.plan.coarsest = null
  expect(judge(stepped)).toMatchObject({ verdict: 'inconclusive', resolution: 1 / 1000 })
})

it('growth that set in late is no step, and not passed at any resolution', () => {
  const late = wholeRun((share) => Math.max(0, Math.floor((share - 0.6) * 50)))
  expect(judge(late)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'late-growth' })
})
