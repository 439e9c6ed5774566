/** Tables as programs write them for programs: CSV, and NDJSON. */
import { parse } from 'csv-parse/sync'
import { messageOf, UsageError } from '../../errors.ts'
import type { Cells } from './cells.ts'

/** @throws UsageError for what is not comma-separated */
export function readCsv(name: string, text: string): Cells {
  let records: { record: string[]; info: { lines: number } }[]
  try {
    records = parse(text, {
      trim: true,
      skip_empty_lines: true,
      info: true,
      comment: '#',
      comment_no_infix: true,
    }) as never
  } catch (error) {
    throw new UsageError(`${name}: expected comma-separated values, got: ${messageOf(error).slice(0, 200)}`, {
      cause: error,
    })
  }
  const [header, ...rows] = records
  if (!header) throw new UsageError(`${name}: expected a header and rows of readings, got an empty file`)
  return { header: header.record, rows: rows.map(({ record, info }) => ({ line: info.lines, cells: record })) }
}

/** @throws UsageError for a line that is no JSON object */
export function readNdjson(name: string, text: string): Cells {
  const objects = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    let object: unknown
    try {
      object = JSON.parse(line)
    } catch (error) {
      throw new UsageError(`${name}:${i + 1}: expected one JSON object a line, got: ${messageOf(error)}`, {
        cause: error,
      })
    }
    if (typeof object !== 'object' || object === null || Array.isArray(object))
      throw new UsageError(`${name}:${i + 1}: expected one JSON object a line, got ${line.slice(0, 40)}`)
    return [{ line: i + 1, object: object as Record<string, unknown> }]
  })
  const names = new Set(objects.flatMap(({ object }) => Object.keys(object)))
  const along = names.has('cycle') ? 'cycle' : 'time'
  if (!names.delete(along)) return { header: [...names], rows: [] }
  const header = [along, ...names]
  return { header, rows: objects.map(({ line, object }) => ({ line, cells: header.map((key) => object[key]) })) }
}
