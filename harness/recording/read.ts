/** Reads a recording to its last whole line, whatever cut it short. */
import { statSync } from 'node:fs'
import { messageOf, UsageError } from '../errors.ts'
import {
  type HeaderLine,
  RECORDING_SCHEMA,
  type Recording,
  type RecordingLine,
  recordingLineSchema,
  type SampleLine,
} from '../model.ts'
import { gather } from './gather.ts'
import { linesOf } from './lines.ts'

/** @throws UsageError for a recording that another version of holdwater wrote in another form */
function checkSchema(path: string, first: string | undefined): void {
  const schema = /"schema":"(holdwater-recording\/[^"]*)"/.exec(first ?? '')?.[1]
  if (schema === undefined || schema === RECORDING_SCHEMA) return
  throw new UsageError(
    `${path}:1: expected a recording in the form ${RECORDING_SCHEMA}, got ${schema}; read it with the holdwater that wrote it`,
  )
}

/** Of samples there may be a million: a glance does for them. */
const isSample = (line: unknown): line is SampleLine => {
  const { line: kind, ms, cycles, readings } = (line ?? {}) as Partial<SampleLine>
  if (kind !== 'sample' || typeof ms !== 'number' || typeof cycles !== 'number') return false
  for (const name in readings) if (typeof readings[name] !== 'number' && readings[name] !== null) return false
  return typeof readings === 'object' && readings !== null
}

function lineOf(text: string, where: string): RecordingLine {
  try {
    const line: unknown = JSON.parse(text)
    return isSample(line) ? line : recordingLineSchema.parse(line)
  } catch (error) {
    throw new UsageError(`${where}: expected a line of a holdwater recording`, { cause: error })
  }
}

/** No line is shorter. */
const SHORTEST_SAMPLE = 80
/** So many samples a file may hold at most: room that is not used costs nothing. */
const mostSamples = (path: string): number =>
  Math.ceil((statSync(path, { throwIfNoEntry: false })?.size ?? 0) / SHORTEST_SAMPLE) + 1

/** @throws UsageError for a file that is no recording; a line cut in the middle ends the reading without complaint */
export function readRecording(path: string): Recording {
  const gathered = gather(mostSamples(path))
  let header: HeaderLine | null = null
  let number = 0
  try {
    for (const text of linesOf(path)) {
      number++
      if (number === 1) checkSchema(path, text)
      const line = lineOf(text, `${path}:${number}`)
      if (line.line === 'header') header ??= line
      else if (header) gathered.add(line)
      if (!header) break
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${path}: expected a recording that can be read, got: ${messageOf(error)}`, { cause: error })
  }
  if (!header) throw new UsageError(`${path}: expected a holdwater recording, which begins with a header`)
  return gathered.recording(header)
}
