/** Cells of a table as they were written, before anybody knows what they are. */
import { parseSize } from '../../scenario/amounts.ts'

export type Row = { line: number; cells: readonly unknown[] }
export type Cells = { header: readonly string[]; rows: readonly Row[] }

/** Squares of larger numbers are none. */
export const LARGEST = 1e100

/** `12.3MiB / 1.9GiB`, of which the first is used; `0.5%`. */
const used = /^([^/]*[a-z]\s*)(?:\/.*)?$/i
const percent = /^\s*(-?[\d.]+)\s*%\s*$/

/** A number, or text that is one, a size or a share; NaN for everything else. */
export function numeric(cell: unknown): number {
  if (typeof cell === 'number') return cell
  if (typeof cell !== 'string' || cell.trim() === '') return Number.NaN
  const plain = Number(cell)
  if (!Number.isNaN(plain)) return plain
  const share = percent.exec(cell)?.[1]
  if (share !== undefined) return Number(share)
  return parseSize(used.exec(cell)?.[1] ?? '') ?? Number.NaN
}
