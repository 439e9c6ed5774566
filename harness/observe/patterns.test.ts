import { expect, it } from 'vitest'
import { countPatterns } from './patterns.ts'

it.each([
  ['threads', ['pool-7-thread-1', 'pool-7-thread-2', 'pool-8-thread-1', 'GC'], { 'pool-*-thread-*': 3, GC: 1 }],
  ['files', ['/tmp/a-17.log', '/tmp/a-18.log (deleted)'], { '/tmp/a-*.log': 1, '/tmp/a-*.log (deleted)': 1 }],
  [
    'keys',
    ['/locks/6f1c2b1e-95a0-4d6c-8a11-0f5b6d1c2e3f', '/locks/0a9b8c7d-1111-2222-3333-444455556666', '/jobs/deadbeef01'],
    { '/locks/*': 2, '/jobs/*': 1 },
  ],
  ['words', ['feedface', 'accede'], { feedface: 1, accede: 1 }],
])('%s by pattern', (_, names, patterns) => {
  expect(Object.fromEntries(countPatterns(names))).toEqual(patterns)
})
