import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import type { LedgerEntry, Recording, ResourceVerdict, StackLine } from '../model.ts'
import { explain, framesToShow } from './explain.ts'

const stack = (id: number, ...frames: [file: string, line: number, name?: string][]): StackLine => ({
  line: 'stack',
  id,
  language: 'javascript',
  frames: frames.map(([file, line, name = 'f']) => ({ file, line, column: 1, function: name })),
})
const stacks = [
  stack(1, ['node:net', 1], ['/a/node_modules/client/index.js', 20, 'connect'], ['/a/main.ts', 3, 'cycle']),
  stack(2, ['/a/pool.ts', 9, 'fill']),
  stack(4, ['/a/other.ts', 5]),
  stack(5, ['/a/pool.ts', 4, 'fill']),
  stack(3, ['node:tls', 7], ['/a/node_modules/client/index.js', 25], ['/a/main.ts', 3, 'cycle']),
]
const entry = (kind: string, stack: number | null, count: number, what: string | null = null): LedgerEntry => ({
  kind,
  what,
  stack,
  count,
})

/** An explaining run of 8 checkpoints of 4 cycles. */
const recorded = (
  entries: (cycles: number) => LedgerEntry[],
  end: Parameters<typeof recordingOf>[1] = {},
): Recording => ({
  ...recordingOf({}, end),
  stacks,
  ledgers: Array.from({ length: 9 }, (_, i) => ({
    line: 'ledger',
    ms: i,
    cycles: 4 * i,
    entries: entries(4 * i),
    unread: {},
  })),
  sources: [{ line: 'source', file: '/a/main.ts', at: 3, first: 2, text: ['two', 'three', 'four'] }],
})

const leaking = (names: Record<string, number>, unit: 'count' | 'bytes' = 'count') =>
  Object.entries(names).map(
    ([name, growthPerCycle]) => ({ name, unit, growthPerCycle, verdict: 'leaking', level: 'error' }) as ResourceVerdict,
  )
const clean = (name: string) =>
  ({ name, unit: 'count', growthPerCycle: 0, verdict: 'clean', level: 'error' }) as ResourceVerdict

describe('suspects', () => {
  it('are what grows, with its stack, the frame that says it best and the source line', () => {
    const { suspects, unexplained } = explain(
      recorded((n) => [entry('TCP socket', 1, n), entry('timeout', 2, 5)]),
      leaking({ sockets: 1, fds: 1 }),
    )
    expect(suspects).toMatchObject([
      { resource: 'sockets', resources: ['sockets', 'fds'], kind: 'TCP socket', count: 32, growthPerCycle: 1, at: 2 },
    ])
    expect(suspects[0]).toMatchObject({ release: 'destroy()', source: { at: 3, text: ['two', 'three', 'four'] } })
    expect(suspects[0]?.stack.map(({ file }) => file)).toEqual(['node:net', 'node_modules/client/index.js', 'main.ts'])
    expect(unexplained).toEqual({ resources: [], partly: [], cut: null, unread: [], failed: null })
  })

  it('are none of what does not leak, however it grows', () => {
    const grown = recorded((n) => [entry('timeout', 2, n), entry('TCP socket', 1, n)])
    expect(explain(grown, [clean('timers'), clean('sockets')]).suspects).toEqual([])
    expect(explain(grown, [clean('timers'), ...leaking({ sockets: 1 })]).suspects).toMatchObject([
      { kind: 'TCP socket' },
    ])
  })

  it('made at one place are one', () => {
    const { suspects } = explain(
      recorded((n) => [entry('TLS session', 3, n), entry('TCP socket', 1, n)]),
      leaking({ sockets: 1 }),
    )
    expect(suspects).toMatchObject([{ kind: 'TLS session', growthPerCycle: 1 }])
  })

  it('that a server accepted are one with their sessions, and come after what was opened', () => {
    const { suspects } = explain(
      recorded((n) => [entry('accepted socket', 2, 2 * n), entry('TLS session', 2, 2 * n), entry('TCP socket', 1, n)]),
      leaking({ sockets: 3, fds: 3 }),
    )
    expect(suspects.map(({ kind, growthPerCycle }) => [kind, growthPerCycle])).toEqual([
      ['TCP socket', 1],
      ['accepted socket', 2],
    ])
  })

  it('of two kinds on one line are two', () => {
    const { suspects } = explain(
      recorded((n) => [entry('interval', 1, n), entry('timeout', 3, n)]),
      leaking({ timers: 2 }),
    )
    expect(suspects.map(({ kind }) => kind)).toEqual(['interval', 'timeout'])
  })

  it('of one call are one, whatever comes along', () => {
    const { suspects } = explain(
      recorded((n) => [entry('pipe', 2, 3 * n), entry('child process', 2, n)]),
      leaking({ children: 1, sockets: 3, fds: 3 }),
    )
    expect(suspects).toMatchObject([
      { kind: 'child process', growthPerCycle: 1, resources: ['children', 'sockets', 'fds'] },
    ])
  })

  it('on the heap are constructors beside places', () => {
    const { suspects } = explain(
      recorded((n) => [
        entry('object', null, 90 * n, 'Object'),
        entry('object', null, 9 * n, 'Channel'),
        entry('allocation', 2, 4000 * n),
      ]),
      leaking({ heap: 5000 }, 'bytes'),
    )
    expect(suspects.map(({ kind, what }) => [kind, what])).toEqual([
      ['allocation', null],
      ['object', 'Channel'],
    ])
  })

  it('come by growth, objects before bytes', () => {
    const { suspects } = explain(
      recorded((n) => [entry('allocation', 4, 9000 * n), entry('TCP socket', 1, n), entry('timeout', 2, 2 * n)]),
      [...leaking({ sockets: 1, timers: 2 }), ...leaking({ heap: 9000 }, 'bytes')],
    )
    expect(suspects.map(({ kind, growthPerCycle }) => [kind, growthPerCycle])).toEqual([
      ['timeout', 2],
      ['TCP socket', 1],
      ['allocation', 9000],
    ])
  })

  it('have a name only where nothing with a stack explains the resource', () => {
    const names = (n: number) => [entry('thread name', null, n, 'pool-*'), entry('path', null, n, '/tmp/*')]
    const { suspects } = explain(
      recorded((n) => [...names(n), entry('worker', 2, n)]),
      leaking({ threads: 1, fds: 1 }),
    )
    expect(suspects.map(({ kind }) => kind)).toEqual(['worker'])
    expect(explain(recorded(names), leaking({ threads: 1 })).suspects).toMatchObject([
      { kind: 'thread name', what: 'pool-*', stack: [], at: null },
    ])
  })

  it('of one line that many paths lead to are that line', () => {
    const many = recorded((n) =>
      Array.from({ length: 16 }, (_, i) => entry('timeout', 10 + i, n > 2 * i ? 1 + (n > 2 * i + 1 ? 1 : 0) : 0)),
    )
    const paths = Array.from({ length: 16 }, (_, i) => stack(10 + i, ['/a/pool.ts', 9], ['/a/main.ts', 100 + i]))
    const { suspects } = explain({ ...many, stacks: paths }, leaking({ timers: 1 }))
    expect(suspects).toMatchObject([{ kind: 'timeout', count: 32, at: 0 }])
  })

  it('in the runtime alone come after those in code, without a hint', () => {
    const inside = { ...recorded((n) => [entry('timeout', 9, 2 * n), entry('interval', 2, n)]) }
    const { suspects } = explain(
      { ...inside, stacks: [...stacks, stack(9, ['node:_http_server', 5])] },
      leaking({ timers: 3 }),
    )
    expect(suspects).toMatchObject([
      { kind: 'interval', release: 'clearInterval()' },
      { kind: 'timeout', release: null },
    ])
  })

  it('may be anything where only the heap or a count of the scenario grows', () => {
    const run = recorded((n) => [entry('listener', 2, n, 'error of Socket')])
    expect(explain(run, leaking({ 'server.connections': 1 })).suspects).toMatchObject([{ kind: 'listener' }])
    expect(explain(run, leaking({ 'server.connections': 1, timers: 1 })).suspects).toEqual([])
  })

  it('of what a server keeps are calls made as often, and never memory', () => {
    const kept = leaking({ 'server.rows': 1 })
    const noise = (n: number) => [entry('allocation', 2, 56 * n), entry('buffer', 2, 2000 * n)]
    const { suspects, unexplained } = explain(recorded(noise), kept)
    expect([suspects, unexplained.resources]).toEqual([[], ['server.rows']])
    const asked = recorded((n) => [
      ...noise(n),
      entry('call', 1, n, 'Rows.insert'),
      entry('call', 4, n / 4, 'Rows.add'),
    ])
    expect(explain(asked, kept)).toMatchObject({
      suspects: [{ kind: 'call', what: 'Rows.insert', resources: ['server.rows'], growthPerCycle: 1, unit: 'count' }],
      unexplained: { resources: [] },
    })
  })

  it('are no calls where something that is counted grows as fast', () => {
    const run = recorded((n) => [entry('call', 1, n, 'Rows.insert'), entry('TCP socket', 2, n)])
    const kinds = (growth: number) =>
      explain(run, leaking({ 'server.connections': growth, sockets: 1 })).suspects.map(({ kind }) => kind)
    expect(kinds(1)).toEqual(['TCP socket'])
    expect(explain(run, leaking({ sockets: 1 })).suspects.map(({ kind }) => kind)).toEqual(['TCP socket'])
  })

  it('leave out what grows far less than the leak', () => {
    const { suspects } = explain(
      recorded((n) => [entry('allocation', 2, 10 * n), entry('allocation', 1, 4000 * n)]),
      leaking({ heap: 5000 }, 'bytes'),
    )
    expect(suspects.map(({ growthPerCycle }) => growthPerCycle)).toEqual([4000])
  })
})

describe('what ends by itself', () => {
  const timeout = (stack: number, n: number, endsAfterMs = 20_000) => ({ ...entry('timeout', stack, n), endsAfterMs })
  const ends = (entries: (n: number) => LedgerEntry[], leaks: ResourceVerdict[], waitedMs?: number) =>
    explain(recorded(entries), leaks, waitedMs)
  const timers = leaking({ timers: 1 })

  it('does so when the last of it does, if no run lasted so long', () => {
    const two = (n: number) => [timeout(1, n, 15_000), timeout(2, n)]
    const found = ends(two, leaking({ timers: 2 }), 9000)
    expect([found.endAfterMs, ...found.suspects.map(({ endsAfterMs }) => endsAfterMs)]).toEqual([
      20_000, 15_000, 20_000,
    ])
    expect(ends(two, leaking({ timers: 2 }), 16_000).endAfterMs).toBe(null)
  })
  it('is not what a longer run saw grow all the same: it is set anew', () => {
    expect(ends((n) => [timeout(1, n)], timers, 21_000)).toMatchObject({
      endAfterMs: null,
      suspects: [{ endsAfterMs: null }],
    })
    expect(ends((n) => [timeout(1, n)], timers).endAfterMs).toBe(null)
  })
  it('is not all, beside what does not, or is not known', () => {
    expect(ends((n) => [timeout(1, n), entry('interval', 2, n)], leaking({ timers: 2 }), 9000).endAfterMs).toBe(null)
    expect(ends((n) => [timeout(1, n)], leaking({ timers: 1, handles: 1 }), 9000).endAfterMs).toBe(null)
    expect(ends((n) => [timeout(1, n)], leaking({ timers: 9 }), 9000).endAfterMs).toBe(null)
    expect(ends(() => [], timers, 9000).endAfterMs).toBe(null)
  })
  it('holds what is allocated in its function, and nothing else', () => {
    const memory = [...timers, ...leaking({ heap: 4000 }, 'bytes')]
    const held = (name: string, stack: number) => (n: number) => [
      timeout(2, n),
      entry('allocation', stack, 4000 * n),
      entry('object', null, n, name),
    ]
    expect(ends(held('Timeout', 2), memory, 9000).endAfterMs).toBe(20_000)
    expect(ends(held('Timeout', 5), memory, 9000).endAfterMs).toBe(20_000)
    expect(ends(held('Timeout', 4), memory, 9000).endAfterMs).toBe(null)
    expect(ends((n) => [timeout(2, n), entry('object', null, n, 'Row')], memory, 9000).endAfterMs).toBe(null)
  })
})

describe('what cannot be explained', () => {
  it('is said by resource', () => {
    const { unexplained } = explain(
      recorded((n) => [entry('TCP socket', 1, n)]),
      [...leaking({ sockets: 1, handles: 1 }), clean('timers')],
    )
    expect(unexplained.resources).toEqual(['handles'])
  })

  it('is what suspects do not add up to', () => {
    const { unexplained } = explain(
      recorded((n) => [entry('TCP socket', 1, n), entry('timeout', 2, n)]),
      leaking({ sockets: 2, timers: 1, fds: 9 }),
    )
    expect(unexplained.partly).toEqual([{ name: 'sockets', explained: 1, growthPerCycle: 2 }])
  })

  it('is what came after the run was cut short', () => {
    const { unexplained, suspects } = explain(
      recorded((n) => [entry('TCP socket', 1, n)], {
        ending: 'target-died',
        text: 'it was ended by SIGKILL',
        cycles: 32,
      }),
      leaking({ sockets: 1 }),
    )
    expect(suspects).toHaveLength(1)
    expect(unexplained.cut).toEqual({ cycles: 32, text: 'it was ended by SIGKILL' })
  })
})

it('keeps the source of what grows, by the path it was recorded under', () => {
  const files = framesToShow(recorded((n) => [entry('TCP socket', 1, n), entry('timeout', 2, 1)])).map(
    ({ file }) => file,
  )
  expect(files).toEqual(['/a/main.ts'])
})
