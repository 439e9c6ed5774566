import { describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import { conclude, needsConfirmation } from './confirm.ts'
import { judge } from './judge.ts'

const flat = repeat(101, () => 7)
const weak = repeat(101, (i) => Math.floor((i * 100) / 1500))
const of = (series: Record<string, (number | null)[]>) => judge(recordingOf(series))

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
