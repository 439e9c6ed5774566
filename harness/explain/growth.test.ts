import { describe, expect, it } from 'vitest'
import type { LedgerLine } from '../model.ts'
import { canExplain, growing, growsAllAlong } from './growth.ts'

const ledger = (cycles: number, ...entries: LedgerLine['entries']): LedgerLine => ({
  line: 'ledger',
  ms: cycles,
  cycles,
  entries,
  unread: {},
})
const timeout = (stack: number, count: number) => ({ kind: 'timeout', what: null, stack, count })
const itself = (stack: number) => stack

describe('what grows all along', () => {
  it.each([
    ['one each time', [3, 4, 5, 6, 7], true],
    ['four each time', [0, 4, 8, 12, 16, 20, 24, 28, 32], true],
    ['a rare one, in both halves', [0, 1, 1, 2, 2, 3, 3, 4, 5], true],
    ['flat', [7, 7, 7, 7, 7], false],
    ['what comes and goes', [3, 9, 2, 8, 3, 9, 4, 8, 3], false],
    ['what fills up and stays', [0, 10, 20, 25, 25, 25, 25, 25, 25], false],
    ['one step', [2, 2, 2, 2, 9, 9, 9, 9, 9], false],
    ['two left over', [0, 0, 1, 1, 1, 2, 2, 2, 2], false],
    ['what falls once', [0, 10, 20, 30, 25, 50, 60, 70, 80], false],
  ])('%s', (_, values, grows) => {
    expect(growsAllAlong(values, false)).toBe(grows)
  })

  it('goes by cycles, where ledgers are not as far from each other', () => {
    // As a busy machine gave them: one per cycle.
    expect(growsAllAlong([33, 53, 60, 63, 68], false, [33, 53, 60, 63, 68])).toBe(true)
    expect(growsAllAlong([33, 53, 60, 63, 68], false, [33, 53, 73, 93, 113])).toBe(false)
  })

  it('lets a sampled size waver, and no count', () => {
    const wavering = [0, 40_000, 90_000, 85_000, 130_000, 170_000, 220_000, 260_000, 300_000]
    expect([growsAllAlong(wavering, true), growsAllAlong(wavering, false)]).toEqual([true, false])
  })
})

describe('the growth of a ledger', () => {
  it('wants three readings with cycles between them', () => {
    const readAt = (...cycles: number[]) =>
      canExplain({ ledgers: cycles.map((at) => ledger(at)) }, { planned: 32, growth: null })
    expect([readAt(), readAt(10, 20), readAt(10, 20, 20), readAt(10, 20, 30)]).toEqual([false, false, false, true])
  })

  it('wants as many cycles as it takes to see what leaks, or all there are', () => {
    const readAt = (growth: number, ...cycles: number[]) =>
      canExplain({ ledgers: cycles.map((at) => ledger(at)) }, { planned: 32, growth })
    // On a busy machine batches may be of one cycle: two left over are no growth.
    expect([readAt(1, 4, 5, 6), readAt(1, 4, 5, 6, 10), readAt(2, 4, 5, 7)]).toEqual([false, true, true])
    expect([readAt(1 / 20, 10, 20, 30), readAt(1 / 20, 10, 20, 42)]).toEqual([false, true])
  })

  it('is told by kind and stack, the most per cycle first', () => {
    const found = growing(
      [0, 10, 20, 30].map((cycles) => ledger(cycles, timeout(1, cycles), timeout(2, 2 * cycles), timeout(3, 5))),
      itself,
    )
    expect(found).toEqual([
      { kind: 'timeout', what: null, stack: 2, grown: 60, perCycle: 2, endsAfterMs: null },
      { kind: 'timeout', what: null, stack: 1, grown: 30, perCycle: 1, endsAfterMs: null },
    ])
  })

  it('adds up what was made at one place by way of several stacks, of which none grows each time', () => {
    const found = growing(
      [0, 10, 20, 30, 40].map((cycles, i) =>
        ledger(cycles, timeout(1, 10 * Math.ceil(i / 2)), timeout(2, 10 * Math.floor(i / 2))),
      ),
      () => 1,
    )
    expect(found).toEqual([{ kind: 'timeout', what: null, stack: 1, grown: 40, perCycle: 1, endsAfterMs: null }])
  })

  it('ends by itself when the last of it does', () => {
    const ending = (stack: number, count: number, endsAfterMs: number) => ({ ...timeout(stack, count), endsAfterMs })
    const found = growing(
      [0, 10, 20, 30].map((cycles) => ledger(cycles, ending(1, cycles, 900), ending(2, cycles, 300))),
      () => 1,
    )
    expect(found).toMatchObject([{ grown: 60, endsAfterMs: 900 }])
  })

  it('asks nothing of a checkpoint that no cycle came before', () => {
    const found = growing(
      [0, 10, 20, 30, 30].map((cycles) => ledger(cycles, timeout(1, cycles))),
      itself,
    )
    expect(found).toHaveLength(1)
  })
})
