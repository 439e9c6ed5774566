import { describe, expect, it } from 'vitest'
import type { Explanation, ShownFrame, Suspicion } from '../harness/model.ts'
import { sourceLines, stackLines, suspectSentence, unexplainedSentences } from './suspects.ts'

const frame = (
  file: string,
  line: number,
  name: string,
  part: ShownFrame['part'],
  of: string | null = null,
): ShownFrame => ({
  file,
  line,
  column: 1,
  function: name,
  part,
  package: of,
})
const stack = [
  frame('node:net', 1, 'connect', 'runtime'),
  frame('node_modules/wire/wire.js', 5, 'dial', 'library', 'wire'),
  frame('node_modules/client/lib/pool.js', 20, 'Pool.open', 'library', 'client'),
  frame('node_modules/client/index.js', 7, 'connect', 'library', 'client'),
  frame('main.ts', 3, 'cycle', 'own'),
  frame('node:events', 9, 'emit', 'runtime'),
]
const suspect = (changed: Partial<Suspicion> = {}): Suspicion => ({
  resource: 'sockets',
  resources: ['sockets'],
  kind: 'TCP socket',
  what: null,
  unit: 'count',
  count: 32,
  growthPerCycle: 1,
  release: 'destroy()',
  endsAfterMs: null,
  language: 'javascript',
  stack,
  at: 4,
  source: null,
  ...changed,
})

describe('the sentence of a suspect', () => {
  it.each([
    [
      'by way of a package',
      {},
      '1.00 TCP socket per cycle, made at main.ts:3 in cycle, through client (lib/pool.js:20 in Pool.open); destroy() would release it.',
    ],
    [
      'several a cycle, of an event',
      { growthPerCycle: 10, kind: 'listener', what: 'error of Socket', stack: stack.slice(4), at: 0, release: 'off()' },
      '10.00 listeners (error of Socket) per cycle, made at main.ts:3 in cycle; off() would release them.',
    ],
    [
      'of a package alone',
      { stack: stack.slice(1, 3), at: 0, growthPerCycle: 0.44, release: null },
      '0.44 TCP sockets per cycle, made at node_modules/wire/wire.js:5 in dial.',
    ],
    [
      'on the heap',
      { kind: 'allocation', unit: 'bytes' as const, growthPerCycle: 5000, stack: stack.slice(4), at: 0, release: null },
      '4.9 kB of heap per cycle, allocated in cycle at main.ts:3.',
    ],
    [
      'a name',
      { kind: 'thread name', what: 'pool-*-thread-*', stack: [], at: null, release: null },
      '1.00 threads named pool-*-thread-* more per cycle.',
    ],
    [
      'that ends by itself',
      { kind: 'timeout', stack: stack.slice(4), at: 0, release: 'clearTimeout()', endsAfterMs: 20_000 },
      '1.00 timeout per cycle, made at main.ts:3 in cycle; clearTimeout() would release it. It ends by itself after 20 s, unless it is set anew: no run lasted so long, --for 40s --until end would.',
    ],
    [
      'that ends by itself when nobody waits any more',
      { kind: 'timeout', growthPerCycle: 2, stack: stack.slice(4), at: 0, release: null, endsAfterMs: 7_200_000 },
      '2.00 timeouts per cycle, made at main.ts:3 in cycle. Each ends by itself after 2 h 0 min, unless it is set anew.',
    ],
    [
      'accepted',
      {
        kind: 'accepted socket',
        stack: [frame('node:net', 1, 'listen', 'runtime'), ...stack.slice(4)],
        at: 1,
        release: 'closing either end',
      },
      '1.00 accepted socket per cycle, of the server that listens at main.ts:3 in cycle; closing either end would release it.',
    ],
    [
      'a call, which nothing undoes',
      { kind: 'call', what: 'broker.queues.declare', stack: stack.slice(2, 5), at: 2, release: null },
      '1.00 call of broker.queues.declare per cycle, made at main.ts:3 in cycle, through client (lib/pool.js:20 in Pool.open).',
    ],
    [
      'a key',
      { kind: 'key', what: 'jobs/*', stack: [], at: null, release: 'delete()' },
      '1.00 keys jobs/* more per cycle; delete() would release it.',
    ],
  ])('%s', (_, changed, sentence) => {
    expect(suspectSentence(suspect(changed))).toBe(sentence)
  })
})

describe('a stack', () => {
  it("shows a person's own frames and folds the others", () => {
    expect(stackLines(suspect())).toEqual([
      { text: '4 frames of the runtime, wire and client', own: false },
      { text: 'main.ts:3 in cycle', own: true },
      { text: '1 frame of the runtime', own: false },
    ])
  })
  it('shows those of packages where none is their own', () => {
    expect(stackLines({ stack: stack.slice(0, 3), at: 1 }).map(({ text }) => text)).toEqual([
      '1 frame of the runtime',
      'node_modules/wire/wire.js:5 in dial',
      'node_modules/client/lib/pool.js:20 in Pool.open',
    ])
  })
})

it('source lines have their numbers, and one a mark', () => {
  const lines = sourceLines({ at: 10, first: 9, text: ['a', '\tb', 'c'] })
  expect(lines).toEqual([
    { text: '   9 │ a', at: false },
    { text: '> 10 │   b', at: true },
    { text: '  11 │ c', at: false },
  ])
})

describe('what could not be explained', () => {
  const said = (unexplained: Partial<Explanation['unexplained']>) =>
    unexplainedSentences({
      suspects: [],
      endAfterMs: null,
      unexplained: { resources: [], partly: [], cut: null, unread: [], failed: null, ...unexplained },
    })
  it('is said, and why', () => {
    expect(unexplainedSentences(null)).toEqual([])
    expect(said({})).toEqual([])
    expect(said({ resources: ['handles', 'fds'] })).toEqual([
      'Nothing that was seen being made grows with handles and fds.',
    ])
    expect(said({ resources: ['handles', 'server.rows'] })).toEqual([
      'Nothing that was seen being made grows with handles.',
      'Nothing that was seen being made grows with server.rows: what a server keeps shows here only in calls that are made as often.',
    ])
    expect(said({ failed: 'setup failed', resources: ['fds'] })).toEqual([
      'The leak could not be explained: setup failed',
    ])
    expect(said({ partly: [{ name: 'sockets', explained: 1, growthPerCycle: 2 }] })).toEqual([
      'Of sockets, 1.00 of 2.00 per cycle are explained.',
    ])
    expect(said({ cut: { cycles: 1200, text: 'it was ended by SIGKILL' } })).toEqual([
      'The explaining run was cut short near cycle 1,200: it was ended by SIGKILL.',
    ])
  })
})
