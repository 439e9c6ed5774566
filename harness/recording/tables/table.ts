/** Reads a table of numbers: one column of cycles or time, every other column a series. */
import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from '../../errors.ts'
import { type Cells, LARGEST, numeric, type Row } from './cells.ts'
import { readColumns } from './columns.ts'
import { readCsv, readNdjson } from './csv.ts'
import { readPrometheus } from './prometheus.ts'

export type Table = {
  /** What the first column counts: cycles, or seconds. */
  along: 'cycle' | 'time'
  columns: readonly Column[]
}
/** A series, ascending in x; null is an empty cell. */
export type Column = { name: string; x: readonly number[]; values: readonly (number | null)[] }

/** Seconds since 1970 are below this, milliseconds above. */
const LEAST_MILLISECONDS = 1e11
/** A position as the first column counts: cycles, or seconds. */
export const positionIn = (along: Table['along'], value: number): number =>
  along === 'time' && value > LEAST_MILLISECONDS ? value / 1000 : value

function textOf(path: string, name: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw new UsageError(`${name}: expected a file that can be read, got: ${messageOf(error)}`, { cause: error })
  }
}

/** What programs and tools write, told by how it begins. */
function cellsOf(name: string, text: string): Cells {
  const told = readPrometheus(text) ?? readColumns(text)
  return told ?? (text.trimStart().startsWith('{') ? readNdjson(name, text) : readCsv(name, text))
}

const place = (name: string, row: Row, column: string) => `${name}:${row.line}: column ${JSON.stringify(column)}`

/** Text that is no number and means none, such as the name of a process. */
const isText = (cell: unknown): boolean =>
  typeof cell === 'string' && /\p{L}/u.test(cell) && !/^\s*[-+]?(\d|nan|inf)/i.test(cell) && Number.isNaN(numeric(cell))

/**
 * @param path of a file; `-` is stdin
 * @param by the column that tells several processes apart
 * @throws UsageError that names the line and the column of what is not a table of numbers
 */
export function readTable(path: string, by?: string): Table {
  const name = path === '-' ? 'stdin' : path
  const { header, rows } = cellsOf(name, textOf(path, name))
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
  if (by !== undefined && !names.includes(by))
    throw new UsageError(`--by: expected a column of ${name}, got ${JSON.stringify(by)}`)
  const x = rows.map((row) => positionOf(row.cells[0], along, place(name, row, along)))
  const texts = names.filter((column, i) => column !== by && rows.every(({ cells }) => isText(cells[i + 1])))
  const read = names.filter((column) => column !== by && (texts.length === names.length || !texts.includes(column)))
  const of: Read = { name, along, header, rows, x, read }
  return by === undefined ? single(of, names) : several(of, by)
}

type Read = {
  name: string
  along: Table['along']
  header: readonly string[]
  rows: readonly Row[]
  x: readonly number[]
  /** The columns that are series. */
  read: readonly string[]
}

/** What tells processes apart in what tools write. */
const telling = ['PID', 'pid', 'Name', 'name', 'Command', 'container']

/** @throws UsageError for rows that do not ascend */
function single({ name, along, header, rows, x, read }: Read, names: readonly string[]): Table {
  const apart = telling.find((column) => names.includes(column))
  const hint = apart ? `; --by ${apart} tells processes apart` : ''
  for (let i = 1; i < x.length; i++)
    if ((x[i] as number) <= (x[i - 1] as number))
      throw new UsageError(
        `${place(name, rows[i] as Row, along)}: expected rows in ascending order, each ${along} once, got ${String(rows[i]?.cells[0])} after ${String(rows[i - 1]?.cells[0])}${hint}`,
      )
  return {
    along,
    columns: read.map((column) => ({
      name: column,
      x,
      values: rows.map((row) => numberOf(row.cells[header.indexOf(column)], () => place(name, row, column))),
    })),
  }
}

/** The series of each process, at the moments of its own rows. */
function several({ name, along, header, rows, x, read }: Read, by: string): Table {
  const places = Map.groupBy(rows.keys(), (i) => String(rows[i]?.cells[header.indexOf(by)]))
  const columns = [...places].flatMap(([who, own]) => {
    const ascending = own.toSorted((a, b) => (x[a] as number) - (x[b] as number))
    return read.map((column) => ({
      name: `${column} of ${who}`,
      x: ascending.map((i) => x[i] as number),
      values: ascending.map((i) => {
        const row = rows[i] as Row
        return numberOf(row.cells[header.indexOf(column)], () => place(name, row, column))
      }),
    }))
  })
  return { along, columns }
}

function positionOf(cell: unknown, along: Table['along'], where: string): number {
  const value = numeric(cell)
  if (Math.abs(value) <= LARGEST) return positionIn(along, value)
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
