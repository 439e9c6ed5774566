/** What nobody catches, among cycles that are in flight together. */
import { expect, it } from 'vitest'
import { failUncaught, runBatch, takeAfterwards } from './batch.js'

type Tell = { tells: string; index?: number | null; message?: string }

function scripted(cycle: (index: number) => unknown) {
  const told: Tell[] = []
  const tell = (message: object) => void told.push(message as Tell)
  const batch = (from: number, count: number, concurrency: number) =>
    runBatch(
      { from, count, concurrency, cycleTimeoutMs: 10_000, leastMs: 0 },
      { cycle: ({ index }: { index: number }) => cycle(index), shared: {}, tell, stopped: () => false },
    )
  const lose = (text: string, ofLoad = false) => failUncaught(new Error(text), 'uncaught error', { tell, ofLoad })
  return { told, batch, lose, failures: () => told.map(({ index, message }) => `${index} ${message}`) }
}

it('of cycles in flight together the one that began last fails, and fails once', async () => {
  const ends: (() => void)[] = []
  const { batch, lose, failures } = scripted((index) => new Promise<void>((resolve) => (ends[index] = resolve)))
  const running = batch(10, 3, 3)
  lose('a')
  lose('b')
  ends.slice(10).map((end) => end())
  expect((await running).failed).toBe(1)
  expect(failures()).toEqual(['12 uncaught error: a', '12 uncaught error: b'])
})

it('each that fails is counted, by itself or by what nobody caught', async () => {
  const rejects: ((error: Error) => void)[] = []
  const { batch, lose } = scripted((index) => new Promise((_, reject) => (rejects[index] = reject)))
  const running = batch(0, 2, 2)
  lose('of 1')
  rejects[1]?.(new Error('1 by itself'))
  rejects[0]?.(new Error('0 by itself'))
  expect(await running).toMatchObject({ cycles: 2, failed: 2 })
})

it('when none is under way it is the last one, told of afterwards', async () => {
  const { batch, lose, failures } = scripted(() => {})
  expect((await batch(0, 5, 1)).failed).toBe(0)
  expect(takeAfterwards()).toBe(0)
  lose('late')
  lose('later')
  expect([takeAfterwards(), takeAfterwards()]).toEqual([1, 0])
  expect(failures()).toEqual(['4 uncaught error: late', '4 uncaught error: later'])
  expect((await batch(5, 1, 1)).failed).toBe(0)
})

it('of a load each is a request of its own, whose number is not known', () => {
  const { lose, failures } = scripted(() => {})
  lose('one', true)
  lose('two', true)
  expect(takeAfterwards()).toBe(2)
  expect(failures()).toEqual(['null uncaught error: one', 'null uncaught error: two'])
})
