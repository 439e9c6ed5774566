/** How programs say that a limit has refused them, in the words of their languages. Pure. */
import type { CrashLine } from '../model.ts'

export type Refusal = { resource: NonNullable<CrashLine['resource']>; error: string }

/** What is said by a language itself comes before what may be said in passing. */
const said: readonly [RegExp, Refusal['resource']][] = [
  [/can't start new thread/, 'threads'], // CPython
  [/Worker initialization failure: EMFILE|EMFILE \(ERR_WORKER_INIT_FAILED\)/, 'fds'], // Node: a worker has descriptors, too
  [/ERR_WORKER_INIT_FAILED/, 'threads'],
  [/unable to create (new )?native thread/, 'threads'], // the JVM
  [/failed to create new OS thread/, 'threads'], // Go
  [/can't create Thread: Resource temporarily/, 'threads'], // Ruby
  [/^\S+: \d+: Cannot fork/, 'threads'], // dash
  [/JavaScript heap out of memory|ERR_WORKER_OUT_OF_MEMORY|OutOfMemoryError: Java heap space/, 'heap'],
  [/\b(EMFILE|ENFILE)\b|too many open files/i, 'fds'],
  [/\bMemoryError\b|std::bad_alloc|OutOfMemoryError|\bENOMEM\b|cannot allocate memory|out of memory/i, 'memory'],
  [
    /\b(pthread_create|uv_thread_create|thread|fork|spawn|clone)\b.{0,80}(\bEAGAIN\b|resource temporarily unavailable)/i,
    'threads',
  ],
]

/** No language says it at greater length. */
const LONGEST = 1000

/** The lines that speak of a refusal, those that say it best first. */
export function refusalsIn(text: string): Refusal[] {
  const lines = text.split('\n').map((line) => line.slice(0, LONGEST))
  return said.flatMap(([pattern, resource]) => {
    const error = lines.find((line) => pattern.test(line))
    return error === undefined ? [] : [{ resource, error: error.trim() }]
  })
}
