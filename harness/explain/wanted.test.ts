import { expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import type { RunVerdict } from '../model.ts'
import { wantedOf } from './wanted.ts'

const wanted = (name: string, unit: 'count' | 'bytes' = 'count') => {
  const resources = [{ name, unit, level: 'error', verdict: 'leaking', growthPerCycle: 1 }]
  const { memory, calls, finely } = wantedOf({ resources } as unknown as RunVerdict, recordingOf({}))
  return { memory, calls, finely }
}

it('what is looked at is what can show the leak', () => {
  expect(wanted('sockets')).toEqual({ memory: false, calls: false, finely: false })
  expect(wanted('heap', 'bytes')).toEqual({ memory: true, calls: false, finely: false })
  expect(wanted('instances:Client')).toEqual({ memory: true, calls: false, finely: true })
  expect(wanted('server.rows')).toEqual({ memory: false, calls: true, finely: false })
})
