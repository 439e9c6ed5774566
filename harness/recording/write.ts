/** Writes a recording: one JSON object a line, appended at once, so that whatever dies, whole lines stay. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import type { HeaderLine, Recording, RecordingLine } from '../model.ts'
import { redact, redactAll } from '../secrets.ts'
import { gather } from './gather.ts'

export type Recorder = {
  write(line: RecordingLine): void
  /** What was recorded so far. */
  readonly recording: Recording
  close(): void
}

/**
 * Opens a recording with its header. A disk that fills up ends the file, not the run: the rest is kept in memory, the
 * verdict is still given, and an event says that the file is cut.
 */
export function openRecording(path: string, header: HeaderLine): Recorder {
  const gathered = gather()
  let fd: number | null = openSync(path, 'w')

  const append = (line: RecordingLine): void => {
    if (fd === null) return
    try {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
    } catch (error) {
      closeSync(fd)
      fd = null
      const { events, checkpoints } = gathered.recording(header)
      const { ms, cycles } = events.at(-1) ?? checkpoints.at(-1) ?? { ms: 0, cycles: 0 }
      const text = `${path} could not be written further: ${messageOf(error)}`
      gathered.add({ line: 'event', ms, cycles, kind: 'recording', text })
    }
  }
  append(header)
  return {
    write(line) {
      const shown = line.line === 'sample' ? line : redactAll(line, redact)
      gathered.add(shown)
      append(shown)
    },
    get recording() {
      return gathered.recording(header)
    },
    close() {
      if (fd !== null) closeSync(fd)
      fd = null
    },
  }
}
