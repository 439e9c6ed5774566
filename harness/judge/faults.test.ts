import { expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import type { FaultKind, FaultLine, Recording } from '../model.ts'
import { judge } from './judge.ts'

/** A fault between every so-manieth checkpoint and the one before it: 60 of its 100 cycles run under it, 50 of them fail. */
function under(recording: Recording, every: number, kind: FaultKind = 'pause'): Recording {
  const faults: FaultLine[] = []
  for (let i = every; i < recording.checkpoints.length; i += every) {
    const at = (cycles: number, failed: number) => ({ ms: cycles, cycles, failed: 50 * faults.length + failed })
    faults.push({
      line: 'fault',
      do: kind,
      from: at(i * 100 - 80, 0),
      lifted: at(i * 100 - 20, 50),
      to: at(i * 100 - 20, 50),
    })
  }
  const { header, end } = recording
  const failed = 50 * faults.length
  const planned = {
    do: kind,
    at: null,
    every: 100,
    from: 100,
    during: null,
    forMs: 1000,
    cycles: null,
    withinMs: 0,
    node: null,
    byMs: 0,
  }
  return {
    ...recording,
    faults,
    header: { ...header, plan: { ...header.plan, faults: [planned] } },
    end: end && { ...end, failed, faulted: { cycles: 60 * faults.length, failed } },
  }
}
const series = (value: (i: number) => number) => ({ sockets: Array.from({ length: 101 }, (_, i) => value(i)) })
const judged = (recording: Recording) => {
  const verdict = judge(recording)
  return { ...verdict, sockets: verdict.resources[0] }
}

it('names what grows only under faults, per cycle that failed', () => {
  const { verdict, reasonCode, sockets } = judged(under(recordingOf(series((i) => 49 * Math.floor(i / 5))), 5))
  expect({ verdict, reasonCode }).toEqual({ verdict: 'leaking', reasonCode: 'grows-under-faults' })
  expect(sockets?.underFaults).toMatchObject({ perFailedCycle: expect.closeTo(0.98), without: 0, kinds: ['pause'] })
})
it('what leaks all the time is no leak of the error path', () => {
  const { verdict, reasonCode } = judged(under(recordingOf(series((i) => i)), 5))
  expect({ verdict, reasonCode }).toEqual({ verdict: 'leaking', reasonCode: 'grows' })
})
it('clean says what it ruled out under faults', () => {
  const { verdict, sockets } = judged(under(recordingOf(series(() => 5)), 5))
  expect(verdict).toBe('clean')
  expect(sockets?.underFaults?.detectable).toBeLessThan(1 / 50)
})
it('what comes back some time after each fault is no leak', () => {
  const waves = series((i) => (i % 10 < 4 ? 40 : 3))
  expect(judged(under(recordingOf(waves), 10)).verdict).toBe('clean')
})
it('clean needs cycles under faults, however many ran without', () => {
  const recording = under(recordingOf(series(() => 5)), 50)
  const faults = recording.faults.map((fault) => {
    const soon = { ...fault.to, cycles: fault.from.cycles + 2 }
    return { ...fault, lifted: soon, to: soon }
  })
  const { verdict, reasonCode, sockets } = judged({ ...recording, faults })
  expect({ verdict, reasonCode }).toEqual({ verdict: 'inconclusive', reasonCode: 'few-faults' })
  expect(sockets?.facts.moreCycles).toBeGreaterThan(10_000)
})
it('what rises shortly after each fault is of the fault', () => {
  // As gRPC connects once more, a second after its channel was closed.
  const recording = under(recordingOf(series((i) => 15 * Math.floor((i - 1) / 10))), 10)
  const { verdict, reasonCode, sockets } = judged(recording)
  expect({ verdict, reasonCode }).toEqual({ verdict: 'leaking', reasonCode: 'grows-under-faults' })
  expect(sockets?.underFaults).toMatchObject({ perFailedCycle: expect.closeTo(0.3), without: 0 })
})
it('what leaks once a fault is not clean for being rare among its many cycles', () => {
  const recording = under(recordingOf(series((i) => Math.floor(i / 16))), 16)
  expect(judged(recording).verdict).not.toBe('clean')
  const often = judged(under(recordingOf(series((i) => Math.floor(i / 4))), 4))
  expect(often).toMatchObject({ verdict: 'leaking', reasonCode: 'grows-under-faults' })
})
it('a step under a single fault is none that can be judged; where nothing rises one long fault is enough', () => {
  const step = judged(under(recordingOf(series((i) => (i < 60 ? 5 : 45))), 60))
  expect(step.verdict).toBe('inconclusive')
  expect(judged(under(recordingOf(series(() => 5)), 60)).verdict).toBe('clean')
})
it('what fails under a fault does not count against maxFailedCycles; what fails besides does', () => {
  const recording = under(recordingOf(series(() => 5)), 5)
  expect(judged(recording).verdict).toBe('clean')
  const { end } = recording
  expect(judged({ ...recording, end: end && { ...end, failed: end.failed + 200 } }).reasonCode).toBe('failed-cycles')
})
it('a run that was over before its faults proves nothing of them', () => {
  expect(judged({ ...under(recordingOf(series(() => 5)), 5), faults: [] }).reasonCode).toBe('no-fault')
})
it('what the server holds for connections is not counted over faults that end them; its leases are', () => {
  const rises = Array.from({ length: 101 }, (_, i) => 10 * Math.floor(i / 5))
  const recording = (name: string) => {
    const made = recordingOf({ sockets: rises.map(() => 5), [name]: rises })
    const resources = made.header.plan.resources.map((resource) => ({
      ...resource,
      view: resource.name === name ? ('server' as const) : resource.view,
    }))
    return under({ ...made, header: { ...made.header, plan: { ...made.header.plan, resources } } }, 5, 'reset')
  }
  expect(judged(recording('etcd.leases')).reasonCode).toBe('grows-under-faults')
  expect(judged(recording('etcd.watchers')).verdict).not.toBe('leaking')
})
