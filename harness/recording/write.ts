/** Writes a recording: one JSON object a line, appended at once, so that whatever dies, whole lines stay. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import type { HeaderLine, Recording, RecordingLine } from '../model.ts'
import { redact, redactAll } from '../secrets.ts'
import { gather, linesIn } from './gather.ts'

export type Recorder = {
  write(line: RecordingLine): void
  /** What was recorded so far. */
  readonly recording: Recording
  close(): void
}

/** A file of this size, after a day or so, is written anew from what is kept in memory, which is thinned. */
const ROTATES_AT = 64 * 1024 ** 2

/**
 * Opens a recording with its header. A disk that fills up ends the file, not the run: the rest is kept in memory, the
 * verdict is still given, and an event says that the file is cut. A file that has become large rotates: in its place comes a
 * thinner one, at once, so that a soak of weeks fits on a disk.
 * @param rotatesAt in bytes
 */
export function openRecording(path: string, header: HeaderLine, rotatesAt = ROTATES_AT): Recorder {
  const gathered = gather()
  let fd: number | null = openSync(path, 'w')
  let size = 0
  let most = rotatesAt

  const put = (to: number, line: RecordingLine): void => {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    for (let written = 0; written < bytes.length; ) written += writeSync(to, bytes, written)
    size += bytes.length
  }

  const rotate = (from: number): number => {
    const next = openSync(`${path}.next`, 'w')
    try {
      size = 0
      for (const line of linesIn(gathered.recording(header))) put(next, line)
      renameSync(`${path}.next`, path)
    } catch (error) {
      closeSync(next)
      rmSync(`${path}.next`, { force: true })
      throw error
    }
    closeSync(from)
    // What cannot be thinned is not written again and again.
    most = Math.max(rotatesAt, 2 * size)
    return next
  }

  const append = (line: RecordingLine): void => {
    if (fd === null) return
    try {
      put(fd, line)
      if (size > most) fd = rotate(fd)
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
