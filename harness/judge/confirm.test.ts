import { describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import type { Ending, RunVerdict } from '../model.ts'
import { conclude, concludeRefused, needsConfirmation, refusedAfter } from './confirm.ts'
import { judge } from './judge.ts'

const flat = repeat(101, () => 7)
const weak = repeat(101, (i) => Math.floor((i * 100) / 1500))
const of = (series: Record<string, (number | null)[]>) => judge(recordingOf(series))

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

describe('a leak', () => {
  it('that is overwhelming needs no second run, and a weak one does', () => {
    expect(needsConfirmation(of({ threads: repeat(101, (i) => i * 100) }))).toBe(false)
    expect(needsConfirmation(of({ threads: weak }))).toBe(true)
    expect(needsConfirmation(of({ threads: flat }))).toBe(false)
  })

  it('is confirmed by a second run that sees it, too', () => {
    const both = conclude(of({ threads: weak, fds: flat }), of({ threads: weak, fds: flat }))
    expect(both).toMatchObject({ verdict: 'leaking', because: 'threads', confirmed: true })
    expect(both.resources[0]).toMatchObject({ confirmed: true })
  })

  it('that a second run sees elsewhere, or not at all, is not confirmed', () => {
    const first = of({ threads: weak, fds: flat })
    const elsewhere = conclude(first, of({ threads: flat, fds: weak }))
    expect(elsewhere).toMatchObject({ verdict: 'inconclusive', reasonCode: 'not-confirmed', because: 'threads' })
    const short = conclude(first, of({ threads: flat.slice(0, 20), fds: flat.slice(0, 20) }))
    expect(short).toMatchObject({ verdict: 'inconclusive', reasonCode: 'not-confirmed' })
    expect(conclude(first, null)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'not-confirmed' })
  })

  it('is none where the longer run is clean', () => {
    expect(conclude(of({ threads: weak }), of({ threads: flat })).verdict).toBe('clean')
  })
})
