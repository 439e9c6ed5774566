import { expect, it } from 'vitest'
import { ceilingsOf, chooseBatch, lengthReached, paceOf } from './length.ts'

const length = { cycles: 10_000, forMs: 60_000, checkpoints: 100, quick: false, mostMs: null }
const guards = { threads: 2000, memory: 4 * 1024 ** 3 }
const ceilings = ceilingsOf({ guards })
const begun = { cycles: 0, checkpoints: 0, ms: 0 }
const pace = { msPerCycle: 1, msPerCheckpoint: 20, growth: { threads: 0, fds: 0, memory: 0 } }
const batch = (changed: Partial<typeof pace>, done = begun) =>
  chooseBatch({ length, ceilings, cycleMark: null }, done, { ...pace, ...changed })

it('fits the checkpoints into the cycles', () => {
  expect(batch({})).toBe(100)
})
it('fits the checkpoints into the time, what they take themselves included', () => {
  expect(batch({ msPerCycle: 58 })).toBe(10)
})
it('keeps a leak under half of every guard', () => {
  expect(batch({ growth: { ...pace.growth, threads: 1 } })).toBe(10)
  expect(batch({ growth: { ...pace.growth, memory: 8 * 1024 ** 2 } })).toBe(2)
})
it('goes towards a limit in small steps', () => {
  const limits = [
    { resource: 'fds' as const, source: 'RLIMIT_NOFILE', limit: 1224, now: 24 },
    { resource: 'fds' as const, source: 'another', limit: 1e6, now: 24 },
  ]
  const near = { length, ceilings: ceilingsOf({ guards }, limits), cycleMark: null }
  expect(chooseBatch(near, begun, { ...pace, growth: { ...pace.growth, fds: 1 } })).toBe(6)
})
it('gives a command, which is not halted for them, ten times the checkpoints', () => {
  const command = { length, ceilings, cycleMark: { source: 'x', flags: '' } }
  expect(chooseBatch(command, begun, { ...pace, msPerCycle: 20 })).toBe(3)
  expect(chooseBatch(command, begun, pace)).toBe(10)
})
it('goes down to one cycle and no further', () => {
  expect(batch({ msPerCycle: 60_000 })).toBe(1)
  const eight = { length, ceilings, cycleMark: null, concurrency: 8 }
  expect(chooseBatch(eight, begun, { ...pace, msPerCycle: 60_000 })).toBe(8)
  expect(batch({ growth: { ...pace.growth, threads: 100 } })).toBe(1)
})
it('fits what is left into what is left when the pace falls', () => {
  expect(batch({ msPerCycle: 10 }, { cycles: 5000, checkpoints: 50, ms: 50_000 })).toBe(18)
})
it('gives checkpoints half of the time that is left at most, however many are owed', () => {
  const slow = { ...pace, msPerCycle: 0.1, msPerCheckpoint: 500 }
  const long = { length: { ...length, cycles: null, checkpoints: 1600 }, ceilings, cycleMark: null }
  expect(chooseBatch(long, { cycles: 380_000, checkpoints: 300, ms: 20_000 }, slow)).toBe(5000)
})
it('forgets one slow checkpoint, and follows a pace that has fallen', () => {
  const slow = { ...pace, msPerCheckpoint: 5000 }
  expect(paceOf(pace, [pace, pace, pace, slow]).msPerCheckpoint).toBe(20)
  const slower = { ...pace, msPerCycle: 3 }
  expect(paceOf(pace, [pace, pace, slower, slower, slower]).msPerCycle).toBe(3)
})
it('does not overshoot the cycles asked for', () => {
  expect(batch({}, { cycles: 9_970, checkpoints: 99, ms: 1000 })).toBe(30)
})
it('is reached by cycles or by time', () => {
  expect(lengthReached(length, { cycles: 9_999, ms: 59_999 })).toBe(false)
  expect(lengthReached(length, { cycles: 10_000, ms: 0 })).toBe(true)
  expect(lengthReached(length, { cycles: 0, ms: 60_000 })).toBe(true)
  expect(lengthReached({ ...length, cycles: null, forMs: null }, { cycles: 1e9, ms: 1e9 })).toBe(false)
})
