import { describe, expect, it } from 'vitest'
import type { Limit, ResourceVerdict } from '../model.ts'
import { earliest, forecastOf, headroomOf, ratesInScope } from './forecast.ts'

const limits: Limit[] = [
  { resource: 'threads', source: 'kernel.threads-max', limit: 190_000, now: 400 },
  { resource: 'threads', source: 'RLIMIT_NPROC', limit: 96_365, now: 53 },
  { resource: 'fds', source: 'RLIMIT_NOFILE', limit: 1024, now: 1024 },
]
const judgedOf = (name: string) => ({ name, level: 'error', unit: 'bytes' }) as ResourceVerdict
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
  it('counts mappings where memory grows by them, at the rate they were counted', () => {
    const maps = { resource: 'maps', source: 'vm.max_map_count', limit: 65_530, now: 1530 } as const
    const machine = { resource: 'memory', source: "the machine's memory", limit: 1e12, now: 0 } as const
    const grows = { growthPerCycle: 1e6, low: 9e5, high: 2e6 }
    const lineAt = (cycles: number, now: number) => ({
      line: 'limits' as const,
      ms: 0,
      cycles,
      limits: [{ ...maps, now }],
    })
    const rateOf = ratesInScope([lineAt(0, 530), lineAt(1000, 1530)])
    const of = (name: string, rate = rateOf) => forecastOf({ name, ...grows }, [maps, machine], null, rate)
    expect(of('native')).toMatchObject({ source: maps.source, unit: 'count', cyclesLeft: 64_000, low: 32_000 })
    expect(of('native', () => null)).toMatchObject({ source: machine.source, cyclesLeft: 1e6 })
    expect(of('threads')).toBe(null)
    // Blocks that small are no mappings: others grew beside it.
    const small = { growthPerCycle: 1000, low: 900, high: 1100 }
    expect(forecastOf({ name: 'external', ...small }, [maps, machine], null, rateOf)?.source).toBe(machine.source)
    expect(earliest([{ ...judgedOf('native'), forecast: of('native') }])).toMatchObject({ unit: 'count' })
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
