/** Writes a recording: one JSON object a line, appended at once, so that whatever dies, whole lines stay. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import type {
  CheckpointLine,
  EndLine,
  EventLine,
  HeaderLine,
  LimitsLine,
  Recording,
  RecordingLine,
  SampleLine,
} from '../model.ts'

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
  const samples: SampleLine[] = []
  const checkpoints: CheckpointLine[] = []
  const events: EventLine[] = []
  let limits: LimitsLine | null = null
  let end: EndLine | null = null
  let fd: number | null = openSync(path, 'w')

  const append = (line: RecordingLine): void => {
    if (fd === null) return
    try {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
    } catch (error) {
      closeSync(fd)
      fd = null
      const last = events.at(-1) ?? checkpoints.at(-1)
      const text = `${path} could not be written further: ${messageOf(error)}`
      events.push({ line: 'event', ms: last?.ms ?? 0, cycles: last?.cycles ?? 0, kind: 'recording', text })
    }
  }
  append(header)
  return {
    write(line) {
      if (line.line === 'sample') samples.push(line)
      else if (line.line === 'checkpoint') checkpoints.push(line)
      else if (line.line === 'event') events.push(line)
      else if (line.line === 'limits') limits = line
      else if (line.line === 'end') end = line
      append(line)
    },
    get recording() {
      return { header, samples, checkpoints, events, limits, end }
    },
    close() {
      if (fd !== null) closeSync(fd)
      fd = null
    },
  }
}
