import { expect, it } from 'vitest'
import { refusalsIn } from './refusal.ts'

/** What programs printed at a limit, as it was printed. */
it.each([
  [
    'threads',
    '  File "threading.py", line 964, in start\n    _start_new_thread(self._bootstrap, ())\nRuntimeError: can\'t start new thread',
    "RuntimeError: can't start new thread",
  ],
  [
    'threads',
    "node:internal/worker:275\n\nError [ERR_WORKER_INIT_FAILED]: Worker initialization failure: EAGAIN\n    at new Worker {\n  code: 'ERR_WORKER_INIT_FAILED'\n}",
    'Error [ERR_WORKER_INIT_FAILED]: Worker initialization failure: EAGAIN',
  ],
  [
    'fds',
    "Error [ERR_WORKER_INIT_FAILED]: Worker initialization failure: EMFILE\n    at new Worker {\n  code: 'ERR_WORKER_INIT_FAILED'\n}",
    'Error [ERR_WORKER_INIT_FAILED]: Worker initialization failure: EMFILE',
  ],
  [
    'threads',
    'Exception in thread "main" java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached\n\tat java.base/java.lang.Thread.start0(Native Method)',
    'Exception in thread "main" java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
  ],
  [
    'threads',
    'runtime: failed to create new OS thread (have 5 already; errno=11)',
    'runtime: failed to create new OS thread (have 5 already; errno=11)',
  ],
  ['threads', 'spawn sleep EAGAIN', 'spawn sleep EAGAIN'],
  [
    'threads',
    'bash: fork: retry: Resource temporarily unavailable',
    'bash: fork: retry: Resource temporarily unavailable',
  ],
  ['fds', "EMFILE: too many open files, open '/dev/null'", "EMFILE: too many open files, open '/dev/null'"],
  ['fds', 'OSError: [Errno 24] Too many open files', 'OSError: [Errno 24] Too many open files'],
  [
    'heap',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  ],
  [
    'memory',
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "terminate called after throwing an instance of 'std::bad_alloc'",
  ],
  ['memory', 'MemoryError', 'MemoryError'],
] as const)('%s: %s', (resource, printed, error) => {
  expect(refusalsIn(printed)[0]).toEqual({ resource, error })
})

it.each(['', 'connect ECONNREFUSED 127.0.0.1:2379', 'etcd answered 503: EAGAIN later', 'threads: 12 of 64'])(
  'is none in %j',
  (printed) => {
    expect(refusalsIn(printed)).toEqual([])
  },
)
