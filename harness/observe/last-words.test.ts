import { expect, it } from 'vitest'
import { lastWords } from './last-words.ts'

const killed = { code: null, signal: 'SIGKILL' } as const
const aborted = { code: null, signal: 'SIGABRT' } as const
const left = { code: 1, signal: null }
const closed = 'before\nholdwater: the channel of this process is closed\n'

it.each([
  [left, null, 'any words', 'left with exit code 1'],
  [killed, null, '', 'was ended by SIGKILL'],
  [left, { tells: 'dying', message: 'uncaught error: no', stack: '' }, '', 'died of an uncaught error: no'],
  [
    left,
    { tells: 'exiting', code: 1, inCycle: true, at: null, handled: null },
    '',
    'left with exit code 1: process.exit(1) was called in a cycle',
  ],
  [
    left,
    { tells: 'exiting', code: 1, inCycle: false, at: 'at file:///a/b/main.mjs:3:9', handled: null },
    '',
    'left with exit code 1: process.exit(1) was called at main.mjs:3',
  ],
  [
    left,
    {
      tells: 'exiting',
      code: 1,
      inCycle: true,
      at: 'at process.<anonymous> (/a/b/main.js:3:9)',
      handled: 'uncaught error: database gone',
    },
    '',
    'left with exit code 1: process.exit(1) was called at main.js:3, after an uncaught error: database gone',
  ],
  [
    killed,
    null,
    closed,
    'was ended because the scenario closed its channel to holdwater, as process.disconnect() does',
  ],
  // Who writes that line and goes on has closed nothing.
  [left, null, closed, 'left with exit code 1'],
  [
    aborted,
    null,
    '<--- Last few GCs --->\n\n[1:0x1] 3 ms: Scavenge\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n 1: 0x1 node::Abort\n',
    'was ended by SIGABRT: FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  ],
  [
    { code: null, signal: 'SIGTRAP' },
    null,
    '#\n# Fatal error in , line 0\n# Check failed: a == b.\n',
    'was ended by SIGTRAP: Check failed: a == b.',
  ],
] as const)('%#: %o', (exit, farewell, stderr, words) => {
  expect(lastWords(exit, farewell, stderr)).toBe(words)
})
