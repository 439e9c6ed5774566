import { expect, it } from 'vitest'
import type { FaultKind } from '../model.ts'
import { resetsOf } from './resets.ts'

const none = { events: [], faults: [] }

const points = (values: number[]) => values.map((value, i) => ({ cycle: i * 10, value, drain: false }))
const rising = Array.from({ length: 30 }, (_, i) => i)

it('a count that had only risen and falls all the way, once, was reset', () => {
  expect(resetsOf('etcd.leases', points([...rising, 0, 1, 2]), none)).toEqual([300])
})
it('what is swept regularly, in part, or early was not', () => {
  expect(resetsOf('etcd.leases', points([...rising, 0, ...rising, 0]), none)).toEqual([])
  expect(resetsOf('etcd.leases', points([...rising, 12, 13]), none)).toEqual([])
  expect(resetsOf('etcd.leases', points([0, 1, 2, 3, 0, 1]), none)).toEqual([])
})
it('a reset that was recorded is one', () => {
  const event = { line: 'event' as const, ms: 0, cycles: 40, kind: 'server-reset' as const, text: 'etcd was restarted' }
  expect(resetsOf('etcd.leases', points([0, 1, 2, 3, 1, 2]), { ...none, events: [event] })).toEqual([40])
})
it('a restart, and a fault that ends connections, take away only what the server held for them', () => {
  const event = {
    line: 'event' as const,
    ms: 0,
    cycles: 40,
    kind: 'server-restart' as const,
    text: 'etcd was restarted',
  }
  const at = (cycles: number) => ({ ms: 0, cycles, failed: 0 })
  const fault = (kind: FaultKind, from: number) => ({
    line: 'fault' as const,
    do: kind,
    from: at(from),
    lifted: at(from + 5),
    to: at(from + 5),
    until: from + 8,
  })
  const counts = points([0, 1, 2, 3, 1, 2])
  const broken = { events: [event], faults: [fault('reset', 10), fault('pause', 20)] }
  expect(resetsOf('etcd.watchers', counts, { events: [event], faults: [] })).toEqual([40])
  expect(resetsOf('etcd.watchers', counts, broken)).toEqual([18])
  expect(resetsOf('etcd.leases', counts, broken)).toEqual([])
})
