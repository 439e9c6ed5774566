/** Reads a table of numbers, CSV or NDJSON: one column of cycles or time, every other column a series. */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { messageOf, UsageError } from '../errors.ts'

export type Table = {
  /** What the first column counts: cycles, or seconds. */
  along: 'cycle' | 'time'
  x: readonly number[]
  /** Null is an empty cell. */
  columns: readonly { name: string; values: readonly (number | null)[] }[]
}

type Row = { line: number; cells: readonly unknown[] }

/** Seconds since 1970 are below this, milliseconds above. */
const LEAST_MILLISECONDS = 1e11

/**
 * @param path of a file; `-` is stdin
 * @throws UsageError that names the line and the column of what is not a table of numbers
 */
export function readTable(path: string): Table {
  const name = path === '-' ? 'stdin' : path
  let text: string
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw new UsageError(`${name}: expected a file that can be read, got: ${messageOf(error)}`, { cause: error })
  }
  const { header, rows } = text.trimStart().startsWith('{') ? readNdjson(name, text) : readCsv(name, text)
  const [along = '', ...names] = header
  if (along !== 'cycle' && along !== 'time')
    throw new UsageError(
      `${name}:1: expected a first column named cycle or time, got ${JSON.stringify(along)}; the other columns are series`,
    )
  if (names.length === 0) throw new UsageError(`${name}:1: expected a column of readings beside ${along}, got none`)
  const twice = names.find((column, i) => names.indexOf(column) !== i)
  if (twice !== undefined)
    throw new UsageError(`${name}:1: expected each column once, got ${JSON.stringify(twice)} twice`)
  if (rows.length === 0) throw new UsageError(`${name}: expected rows of readings, got a header and none`)

  const where = (row: Row, column: string) => `${name}:${row.line}: column ${JSON.stringify(column)}`
  const x = rows.map((row) => positionOf(row.cells[0], along, where(row, along)))
  for (let i = 1; i < x.length; i++)
    if ((x[i] as number) <= (x[i - 1] as number))
      throw new UsageError(
        `${where(rows[i] as Row, along)}: expected rows in ascending order, each ${along} once, got ${String(rows[i]?.cells[0])} after ${String(rows[i - 1]?.cells[0])}`,
      )
  const columns = names.map((column, i) => ({
    name: column,
    values: rows.map((row) => numberOf(row.cells[i + 1], () => where(row, column))),
  }))
  return { along, x, columns }
}

function readCsv(name: string, text: string): { header: string[]; rows: Row[] } {
  let records: { record: string[]; info: { lines: number } }[]
  try {
    records = parse(text, { trim: true, skip_empty_lines: true, info: true, comment: '#' }) as never
  } catch (error) {
    throw new UsageError(`${name}: expected comma-separated values, got: ${messageOf(error).slice(0, 200)}`, {
      cause: error,
    })
  }
  const [header, ...rows] = records
  if (!header) throw new UsageError(`${name}: expected a header and rows of readings, got an empty file`)
  return { header: header.record, rows: rows.map(({ record, info }) => ({ line: info.lines, cells: record })) }
}

function readNdjson(name: string, text: string): { header: string[]; rows: Row[] } {
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

/** Squares of larger numbers are none. */
const LARGEST = 1e100

/** A number, or text that is one; NaN for everything else. */
const numeric = (cell: unknown): number =>
  typeof cell === 'number' ? cell : typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN

function positionOf(cell: unknown, along: Table['along'], where: string): number {
  const value = numeric(cell)
  if (Math.abs(value) <= LARGEST) return along === 'time' && value > LEAST_MILLISECONDS ? value / 1000 : value
  const date = along === 'time' && typeof cell === 'string' ? Date.parse(cell) : Number.NaN
  if (Number.isFinite(date)) return date / 1000
  const expected = along === 'time' ? 'seconds, or a date such as 2026-01-02T03:04:05Z' : 'a number'
  throw new UsageError(`${where}: expected ${expected}, got ${JSON.stringify(cell ?? '')}`)
}

function numberOf(cell: unknown, where: () => string): number | null {
  if (cell === '' || cell === null || cell === undefined) return null
  const value = numeric(cell)
  if (Math.abs(value) <= LARGEST) return value
  throw new UsageError(
    `${where()}: expected a number, got ${JSON.stringify(cell)}; leave the cell empty where there is no reading`,
  )
}
