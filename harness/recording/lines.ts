/** The lines of a file, one after the other: a recording may be larger than memory. */
import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 1024 ** 2
const NEWLINE = 10

/** Whole lines only: what follows the last newline was never finished. */
export function* linesOf(path: string): Generator<string> {
  const fd = openSync(path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(CHUNK)
    let rest: Buffer[] = []
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
      let from = 0
      for (let to = chunk.indexOf(NEWLINE); to !== -1 && to < read; to = chunk.indexOf(NEWLINE, from)) {
        if (rest.length === 0) yield chunk.toString('utf8', from, to)
        else yield Buffer.concat([...rest, chunk.subarray(from, to)]).toString('utf8')
        rest = []
        from = to + 1
      }
      if (from < read) rest.push(Buffer.from(chunk.subarray(from, read)))
    }
  } finally {
    closeSync(fd)
  }
}
