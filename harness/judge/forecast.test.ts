import { describe, expect, it } from 'vitest'
import type { Limit } from '../model.ts'
import { forecastOf, headroomOf } from './forecast.ts'

const limits: Limit[] = [
  { resource: 'threads', source: 'kernel.threads-max', limit: 190_000, now: 400 },
  { resource: 'threads', source: 'RLIMIT_NPROC', limit: 96_365, now: 53 },
  { resource: 'fds', source: 'RLIMIT_NOFILE', limit: 1024, now: 1024 },
]
const growth = { growthPerCycle: 1, low: 0.5, high: 2 }

describe('a forecast', () => {
  it('takes the nearest limit, in its own scope, and speaks in cycles and in time', () => {
    expect(forecastOf({ name: 'threads', ...growth }, limits, 2)).toEqual({
      limit: 96_365,
      source: 'RLIMIT_NPROC',
      cyclesLeft: 96_312,
      low: 48_156,
      high: 192_624,
      secondsLeft: 192_624,
    })
  })
  it('holds a socket against the limit of descriptors', () => {
    expect(forecastOf({ name: 'sockets', ...growth }, limits, null)).toMatchObject({ cyclesLeft: 0, secondsLeft: null })
  })
  it('is none where growth is not sure, or nothing limits it', () => {
    expect(forecastOf({ name: 'threads', ...growth, low: 0 }, limits, 2)).toBe(null)
    expect(forecastOf({ name: 'timers', ...growth }, limits, 2)).toBe(null)
    expect(forecastOf({ name: 'rss', ...growth }, limits, 2)).toBe(null)
  })
})

it('headroom is there whether it grows or not, and never below nothing', () => {
  expect(headroomOf('threads', limits)).toMatchObject({ source: 'RLIMIT_NPROC', left: 96_312 })
  expect(headroomOf('fds', [{ ...(limits[2] as Limit), now: 2000 }])).toMatchObject({ left: 0 })
})
