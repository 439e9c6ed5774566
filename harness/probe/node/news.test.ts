import { expect, it } from 'vitest'
import { openNews } from './news.js'

const told = (kinds: readonly string[]) => {
  const newsOf = openNews()
  return kinds.flatMap((kind) => newsOf(kind, () => ({ message: kind, stack: '' }))?.message ?? [])
}
const NO_MORE = /^from here on failed cycles are counted/

it('the first failures are news, and then once that there are more', () => {
  const news = told(Array(1000).fill('E'))
  expect(news.slice(0, 20)).toEqual(Array(20).fill('E'))
  expect(news.slice(20)).toEqual([expect.stringMatching(NO_MORE)])
})

it('so is the first of a kind, however many came before', () => {
  expect(told([...Array(1000).fill('E'), 'F', 'F']).slice(21)).toEqual(['F'])
})

it('there is an end to kinds, too', () => {
  const news = told(Array.from({ length: 10_000 }, (_, i) => `E${i}`))
  expect(news).toHaveLength(51)
  expect(news.at(-1)).toMatch(NO_MORE)
})

it('but what a limit refuses is news whatever came before', () => {
  const kinds = Array.from({ length: 10_000 }, (_, i) => `E${i}`)
  expect(told([...kinds, 'EMFILE', 'EMFILE', 'uncaught error EAGAIN']).slice(51)).toEqual([
    'EMFILE',
    'uncaught error EAGAIN',
  ])
  expect(told(kinds.map((kind) => `${kind} EMFILE`)).length).toBeLessThan(200)
})
