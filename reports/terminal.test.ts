import { expect, it } from 'vitest'
import { outlookText, progressLine } from './terminal.ts'

const plan = (mostMs: number | null = 300_000) => ({
  resolution: 1 / 1000,
  length: { cycles: 10_000, forMs: 60_000, checkpoints: 100, quick: false, mostMs },
})
const outlook = { cyclesPerSecond: 110, ms: 130_000, resolution: 1 / 1000 }
const text = (changed: Partial<typeof outlook>, of = plan()) => outlookText({ ...outlook, ...changed }, of, 1000).trim()

it('a run says about how long it takes, once it knows its pace', () => {
  expect(text({})).toBe('110 cycles per second: about 2 min 10 s to rule out a leak of one in 1,000 cycles')
  expect(text({ cyclesPerSecond: 0.4321 })).toMatch(/^0\.43 cycles per second: /)
})

it('or what it rules out instead, where its time does not allow what is asked for by default', () => {
  expect(text({ resolution: 1 / 300 })).toBe(
    '110 cycles per second: about 2 min 10 s to rule out a leak of one in 300 cycles (one in 1,000 cycles would take longer; --resolution asks for it all the same)',
  )
})

it('or that it takes longer than a run goes on by itself, and the flag that allows it', () => {
  expect(text({ ms: 725_000, resolution: 1 / 100 })).toBe(
    '110 cycles per second: about 12 min 5 s to rule out a leak of one in 100 cycles, more than the 5 min 0 s of a run: --for 13m takes it',
  )
})

it('a line of progress has what is left, and whether the run is undecided', () => {
  const standing = {
    phase: 'run',
    cycles: 900,
    failed: 2,
    fault: 'etcd is paused',
    cyclesPerSecond: 90,
    msLeft: 30_000,
  }
  expect(progressLine({ ...standing, undecided: false })).toBe(
    '  900 cycles · 2 failed · etcd is paused · 90 per second · 30 s left',
  )
  expect(progressLine({ ...standing, undecided: true })).toMatch(/ · undecided, 30 s left at most$/)
  expect(progressLine({ ...standing, phase: 'drain', msLeft: null, undecided: false })).toMatch(
    /^ {2}drain · 900 cycles/,
  )
})
