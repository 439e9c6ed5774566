/** Writes a recording: one JSON object a line, appended at once, so that whatever dies, whole lines stay. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import type { EventLine, HeaderLine, Recording, RecordingLine } from '../model.ts'

export type Recorder = {
  write(line: RecordingLine): void
  /** What was recorded so far. */
  readonly recording: Recording
  close(): void
}

/** What a recording has one of, the last one counting; of everything else but its header it has many. */
type Single = 'limits' | 'end' | 'exit'
type Many = Exclude<RecordingLine['line'], Single | 'header'>
const isSingle = (line: RecordingLine): line is Extract<RecordingLine, { line: Single }> =>
  line.line === 'limits' || line.line === 'end' || line.line === 'exit'

/**
 * Opens a recording with its header. A disk that fills up ends the file, not the run: the rest is kept in memory, the
 * verdict is still given, and an event says that the file is cut.
 */
export function openRecording(path: string, header: HeaderLine): Recorder {
  const many = { sample: [], checkpoint: [], event: [], stack: [], ledger: [], source: [] } as {
    [Kind in Many]: Extract<RecordingLine, { line: Kind }>[]
  }
  const last: { [Kind in Single]: Extract<RecordingLine, { line: Kind }> | null } = {
    limits: null,
    end: null,
    exit: null,
  }
  const events: EventLine[] = many.event
  let fd: number | null = openSync(path, 'w')

  const append = (line: RecordingLine): void => {
    if (fd === null) return
    try {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
    } catch (error) {
      closeSync(fd)
      fd = null
      const { ms = 0, cycles = 0 } = events.at(-1) ?? many.checkpoint.at(-1) ?? {}
      const text = `${path} could not be written further: ${messageOf(error)}`
      events.push({ line: 'event', ms, cycles, kind: 'recording', text })
    }
  }
  append(header)
  return {
    write(line) {
      if (isSingle(line)) Object.assign(last, { [line.line]: line })
      else if (line.line !== 'header') (many[line.line] as RecordingLine[]).push(line)
      append(line)
    },
    get recording() {
      const { sample, checkpoint, event, stack, ledger, source } = many
      return {
        header,
        samples: sample,
        checkpoints: checkpoint,
        events: event,
        stacks: stack,
        ledgers: ledger,
        sources: source,
        ...last,
      }
    },
    close() {
      if (fd !== null) closeSync(fd)
      fd = null
    },
  }
}
