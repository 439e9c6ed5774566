/** Reads a recording to its last whole line, whatever cut it short. */
import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from '../errors.ts'
import { RECORDING_SCHEMA, type Recording, type RecordingLine, recordingLineSchema } from '../model.ts'

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path}: expected a recording that can be read, got: ${messageOf(error)}`, { cause: error })
  }
}

/** @throws UsageError for a recording that another version of holdwater wrote in another form */
function checkSchema(path: string, first: string | undefined): void {
  const schema = /"schema":"(holdwater-recording\/[^"]*)"/.exec(first ?? '')?.[1]
  if (schema === undefined || schema === RECORDING_SCHEMA) return
  throw new UsageError(
    `${path}:1: expected a recording in the form ${RECORDING_SCHEMA}, got ${schema}; read it with the holdwater that wrote it`,
  )
}

/** @throws UsageError for a file that is no recording; a line cut in the middle ends the reading without complaint */
export function readRecording(path: string): Recording {
  const texts = textOf(path).split('\n')
  // What follows the last newline was never finished.
  texts.pop()
  checkSchema(path, texts[0])
  const lines: RecordingLine[] = texts.map((text, index) => {
    try {
      return recordingLineSchema.parse(JSON.parse(text))
    } catch (error) {
      throw new UsageError(`${path}:${index + 1}: expected a line of a holdwater recording`, { cause: error })
    }
  })
  const header = lines[0]
  if (header?.line !== 'header')
    throw new UsageError(`${path}: expected a holdwater recording, which begins with a header`)
  const of = <Kind extends RecordingLine['line']>(kind: Kind) =>
    lines.filter((line): line is Extract<RecordingLine, { line: Kind }> => line.line === kind)
  return {
    header,
    samples: of('sample'),
    checkpoints: of('checkpoint'),
    events: of('event'),
    limits: of('limits').at(-1) ?? null,
    end: of('end')[0] ?? null,
    exit: of('exit')[0] ?? null,
    ledgers: of('ledger'),
    stacks: of('stack'),
    sources: of('source'),
  }
}
