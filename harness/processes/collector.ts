/**
 * Languages whose collector closes files and sockets that nobody closed. What such a program holds may only wait for its next collection: Ruby and Java
 * collect when they have allocated enough, Go every two minutes at the latest. Python and Node.js close at once what nobody holds, or never.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** By a file that each of them maps. */
const mapped: readonly (readonly [RegExp, string])[] = [
  [/\/(?:lib)?ruby[\d.-]*(?:\.so[\d.]*)?$/m, 'Ruby'],
  [/\/libjvm\.so$/m, 'Java'],
  [/\/libcoreclr\.so$/m, '.NET'],
]
/** The linker of Go leaves a note of type 4 by this name near the beginning of the file (.note.go.buildid, elf(5)). */
const GO_NOTE = '\x04\0\0\0Go\0\0'
const HEAD_BYTES = 8192

function isGo(pid: number): boolean {
  const file = openSync(`/proc/${pid}/exe`, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    return head.toString('latin1', 0, readSync(file, head, 0, HEAD_BYTES, 0)).includes(GO_NOTE)
  } finally {
    closeSync(file)
  }
}

/** The languages whose files stand in a list of maps (proc(5)). */
export const languagesIn = (maps: string): string[] =>
  mapped.flatMap(([file, language]) => (file.test(maps) ? [language] : []))

/** Of processes that may have such a collector: their languages. Nothing is known of one that has ended, or that may not be read. */
export function collectorsOf(pids: readonly number[]): string[] {
  const found = pids.flatMap((pid) => {
    try {
      const languages = languagesIn(readFileSync(`/proc/${pid}/maps`, 'latin1'))
      return isGo(pid) ? [...languages, 'Go'] : languages
    } catch {
      return []
    }
  })
  return [...new Set(found)]
}
