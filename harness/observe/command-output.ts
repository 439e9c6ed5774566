/**
 * What a command prints: a pipe whose lines are looked at as they come, and a log of it on disk. Memory and log are
 * bounded, however much it prints and however long its lines are.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, createWriteStream, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { EnvironmentError, messageOf } from '../errors.ts'
import { redact } from '../secrets.ts'
import { TAIL_LINES } from './target.ts'

/** A line is looked at as far as this; the rest of it is only logged. */
const LONGEST_LINE = 64 * 1024
/** The log of one stream, in bytes; what comes later is still read, but not kept. */
const LARGEST_LOG = 8 * 1024 ** 2
const LONGEST_TAIL_LINE = 1000
const LINGER_MS = 500

export type CommandOutput = {
  /** The end that the command writes to. */
  readonly fd: number
  /** How many lines have come. */
  readonly lines: number
  /** The last of them. */
  tail(): string
  /** Closes our copy of the writing end, once the command has its own. */
  started(): void
  /** Resolves when the last line was looked at: when every writer is gone, or a moment after it is called. */
  over(): Promise<void>
}

/**
 * A named pipe, not a socket, which is what Node's own `'pipe'` is: a socket would be counted among the command's, and
 * a shell cannot open it as /dev/stderr.
 */
function makePipe(path: string): { read: number; write: number } {
  try {
    execFileSync('mkfifo', ['-m', '600', path], { stdio: 'pipe' })
  } catch (error) {
    throw new EnvironmentError(`command targets need mkfifo (coreutils), and it fails: ${messageOf(error)}`, {
      cause: error,
    })
  }
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const write = openSync(path, constants.O_WRONLY)
  rmSync(path)
  return { read, write }
}

/**
 * Opens one stream of a command.
 * @param at where its pipe may be made, and its log
 * @param onLine called with each whole line, in order, without its line break
 */
export function openCommandOutput(at: { pipe: string; log: string }, onLine: (line: string) => void): CommandOutput {
  const { read, write } = makePipe(at.pipe)
  const log = createWriteStream(at.log)
  log.on('error', () => {}) // a full disk costs the log, not the run
  const source = new Socket({ fd: read, readable: true, writable: false })
  const decoder = new StringDecoder('utf8')
  const last: string[] = []
  let lines = 0
  let rest = ''
  let left = LARGEST_LOG

  const take = (line: string) => {
    lines++
    last.push(line)
    if (last.length > TAIL_LINES) last.shift()
    onLine(line)
  }
  source.on('data', (chunk: Buffer) => {
    if (left > 0) {
      log.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) log.write('\n… holdwater keeps the first 8 MB of what a command prints\n')
    }
    const parts = (rest + decoder.write(chunk)).split('\n')
    rest = (parts.pop() ?? '').slice(0, LONGEST_LINE)
    for (const line of parts) take(line.endsWith('\r') ? line.slice(0, -1) : line)
  })
  const closed = new Promise<void>((resolve) => {
    source.once('close', () => {
      if (rest) take(rest)
      log.end(resolve)
    })
  })
  source.on('error', () => {}) // `close` follows
  return {
    fd: write,
    get lines() {
      return lines
    },
    // A cut would leave parts of a secret.
    tail: () =>
      redact(last.join('\n'))
        .split('\n')
        .map((line) => line.slice(0, LONGEST_TAIL_LINE))
        .join('\n')
        .trim(),
    started: () => closeSync(write),
    async over() {
      // A process that escaped with the pipe in its hands is not waited for.
      // What the command itself has written is there to be read, and a busy process of ours comes to its timers first.
      const late = setTimeout(() => setImmediate(() => source.destroy()), LINGER_MS)
      await closed
      clearTimeout(late)
    },
  }
}
