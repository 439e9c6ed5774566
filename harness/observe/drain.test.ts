/** A drain on a clock of its own, of readings that a script gives. */
import { describe, expect, it } from 'vitest'
import { drain } from './drain.ts'
import type { FullReading } from './sampler.ts'

const nothing = { unread: {}, detail: {}, collected: true, reset: null, tookMs: 1 }

/** @param level what is read of timers after so many ms; they have to come down to 2 */
async function drained(level: (ms: number) => number, leastMs = 10_000, aborted = () => false) {
  let ms = 0
  const recorded: number[] = []
  const moveOn = (more: number) => {
    ms += more
  }
  await drain({
    raised: [{ name: 'timers', level: 2, isLeak: true }],
    leastMs,
    read: async (): Promise<FullReading> => ({ ...nothing, readings: { timers: level(ms) } }),
    record: ({ readings }) => recorded.push(readings.timers as number),
    aborted,
    clock: { now: () => ms, wait: async (more) => moveOn(more) },
  })
  return { recorded, ms }
}

describe('a drain', () => {
  it('is over as soon as all is back, and takes five readings', async () => {
    const { ms, recorded } = await drained((at) => (at < 700 ? 9 : 2))
    expect(recorded).toEqual([2, 2, 2, 2, 2])
    expect(ms).toBeLessThan(1300)
  })

  it('gives what stands still the time that it was asked to, and no more', async () => {
    const { ms, recorded } = await drained(() => 9)
    expect(recorded).toEqual([9, 9, 9, 9, 9])
    expect(ms).toBeGreaterThanOrEqual(10_000)
    expect(ms).toBeLessThan(10_600)
  })

  it('goes on while something still falls, for half a minute at most', async () => {
    const slow = await drained((at) => 100 - Math.floor(at / 1000))
    expect(slow.ms).toBeGreaterThanOrEqual(30_000)
    expect(slow.ms).toBeLessThan(30_600)
    const late = await drained((at) => Math.max(5, 20 - Math.floor(at / 1000)))
    expect(late.recorded).toEqual([5, 5, 5, 5, 5])
    expect(late.ms).toBeLessThan(18_000)
  })

  it('that only comes to rest is over two seconds after the last that fell', async () => {
    expect((await drained(() => 9, 0)).ms).toBeLessThan(2600)
    const { ms, recorded } = await drained((at) => (at < 3000 ? 20 - Math.floor(at / 1000) : 17), 0)
    expect(ms).toBeGreaterThanOrEqual(5000)
    expect(ms).toBeLessThan(6000)
    expect(recorded[0]).toBe(17)
  })

  it('waits as long as somebody asked for, however long', async () => {
    expect((await drained(() => 9, 60_000)).ms).toBeGreaterThanOrEqual(60_000)
  })

  it('is given up at once where the run is', async () => {
    expect(
      await drained(
        () => 9,
        10_000,
        () => true,
      ),
    ).toMatchObject({ ms: 0, recorded: [] })
  })
})
