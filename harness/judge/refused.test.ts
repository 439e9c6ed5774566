import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import type { Ending, RunVerdict } from '../model.ts'
import { concludeRefused, refusedAfter } from './refused.ts'

const verdictOf = (changed: object) =>
  ({
    verdict: 'inconclusive',
    reasonCode: 'failed-cycles',
    because: null,
    confirmed: null,
    resources: [],
    ...changed,
  }) as unknown as RunVerdict

describe('failures that ended a run', () => {
  const worked = (cycles: number, failed: number, ending: Ending = 'failed-cycles') =>
    recordingOf({ sockets: [] }, { cycles, failed, ending })

  it('ask for one in small steps, that stops before them', () => {
    expect(refusedAfter(verdictOf({}), worked(60, 20))).toBe(36)
    expect(refusedAfter(verdictOf({ reasonCode: 'cycle-timeout' }), worked(60, 0, 'cycle-timeout'))).toBe(54)
  })

  it('but not where hardly a cycle worked, under faults, or after another ending', () => {
    expect(refusedAfter(verdictOf({}), worked(60, 55))).toBe(null)
    expect(refusedAfter(verdictOf({ reasonCode: 'guard' }), worked(60, 0, 'guard'))).toBe(null)
  })

  it('are of a leak where that run sees one, and of nothing else', () => {
    const leak = verdictOf({ verdict: 'leaking', reasonCode: 'grows', because: 'sockets', confirmed: false })
    expect(concludeRefused(verdictOf({}), leak)).toMatchObject({
      verdict: 'leaking',
      reasonCode: 'grows-until-refused',
      confirmed: true,
    })
    const first = verdictOf({})
    expect(concludeRefused(first, verdictOf({ verdict: 'clean', reasonCode: 'flat' }))).toBe(first)
    // A weak sign of what thousands of cycles had found clean.
    const known = verdictOf({ resources: [{ name: 'sockets', verdict: 'clean' }] })
    expect(concludeRefused(known, leak)).toBe(known)
    expect(concludeRefused(known, { ...leak, confirmed: true })).toMatchObject({ verdict: 'leaking' })
  })
})
