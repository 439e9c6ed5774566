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

/** Finds the line that says it best. */
export function refusalIn(text: string): Refusal | null {
  const lines = text.split('\n').map((line) => line.slice(0, LONGEST))
  for (const [pattern, resource] of said) {
    const error = lines.find((line) => pattern.test(line))
    if (error !== undefined) return { resource, error: error.trim() }
  }
  return null
}
