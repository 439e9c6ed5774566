/** `holdwater judge FILE`: the verdict on any numbers, each series by itself. */
import { inUnit, oneIn, rate } from '../../reports/format.ts'
import { wrap } from '../../reports/terminal.ts'
import { resourceSentence } from '../../reports/words.ts'
import { UsageError } from '../errors.ts'
import { bytesPerUnit, judgeAlone, looksLikeBytes, unitOf } from '../judge/alone.ts'
import type { SeriesVerdict } from '../judge/rules.ts'
import type { Unit } from '../model.ts'
import { type Column, positionIn, readTable, type Table } from '../recording/tables/table.ts'
import { MEMORY_BUDGET } from '../resources.ts'
import { type Amount, numberOf } from '../scenario/amounts.ts'
import type { SeriesBudget } from '../typed.ts'
import { openScreen } from './screen.ts'

export type JudgeOptions = {
  kind: 'count' | 'memory' | undefined
  /** Growth allowed, of every series or of the named one. */
  budget: readonly SeriesBudget[]
  resolution: number
  /** When what is read was started again, in what the first column counts; or the column that tells how long it has run. */
  restarts: readonly number[] | undefined
  uptime: string | undefined
  /** The column that tells what it had to do. */
  load: string | undefined
  /** The column that tells several processes apart, and those that are judged; default: all. */
  by: string | undefined
  columns: readonly string[] | undefined
  json: boolean
}

const exitCodes = { leaking: 3, inconclusive: 4, clean: 0 }

type Judged = {
  name: string
  unit: Unit
  /** What its numbers are read as in a sentence. */
  inBytes: boolean
  budget: number
  points: number
} & SeriesVerdict

/** @throws UsageError for moments that lie beyond the table: they would silence a question that they do not answer */
function withinOf(restarts: readonly number[], { along, columns }: Table): number[] {
  const moments = restarts.map((at) => positionIn(along, at))
  const [begin, end] = [columns[0]?.x[0] ?? 0, columns[0]?.x.at(-1) ?? 0]
  const beyond = moments.find((at) => at < begin || at > end)
  if (beyond === undefined) return moments
  throw new UsageError(`--restarts: expected moments from ${begin} to ${end}, got ${beyond}`)
}

const LEAST_COUNTED = 30

/** @throws UsageError for a counter, which would explain whatever leaks by the request */
function loadOf(column: Column | null, name: string | undefined) {
  const read = column?.values.filter((value) => value !== null) ?? []
  const isCounter = read.length >= LEAST_COUNTED && read.every((value, i) => value >= (read[i - 1] ?? value))
  if (isCounter && (read.at(-1) ?? 0) > (read[0] ?? 0))
    throw new UsageError(
      `--load: expected what it had to do at a time, such as requests per second, got ${JSON.stringify(name)}, which never falls: a counter`,
    )
  return column?.values ?? null
}

/** A column that was named, of each process where there are several. */
const isWanted = (name: string, wanted: readonly string[]): boolean =>
  wanted.some((one) => name === one || name.startsWith(`${one} of `))

/** What goes by in the table beside the series, and explains them. @throws UsageError for a column that is not there */
function besideOf(table: Table, path: string, { restarts, uptime, load, by }: JudgeOptions) {
  const all = table.columns
  const column = (name: string | undefined, option: string) => {
    if (name === undefined) return null
    const found = all.find((one) => one.name === name)
    if (found) return found
    throw new UsageError(`--${option}: expected a column of ${path}, got ${JSON.stringify(name)}`)
  }
  if (by !== undefined && (load ?? uptime) !== undefined)
    throw new UsageError('--load and --uptime: expected one process, got --by; judge one process at a time')
  const ran = column(uptime, 'uptime')
  const read = ran?.values.flatMap((value, i) => (value === null ? [] : [{ value, at: ran.x[i] as number }]))
  // Time that it has run only falls where it was started again.
  const started = read?.filter(({ value }, i) => value < (read[i - 1]?.value ?? -Infinity)).map(({ at }) => at)
  const starts = restarts ? withinOf(restarts, table) : (started ?? null)
  return {
    starts,
    load: loadOf(column(load, 'load'), load),
    columns: all.filter(({ name }) => name !== uptime && name !== load),
  }
}

/** @throws UsageError for a file that is no table of numbers, or a size of a column that is no memory */
export function judgeFile(path: string, options: JudgeOptions): number {
  const { kind, budget, resolution, by, columns: wanted, json } = options
  const table = readTable(path, by)
  const { along } = table
  const { starts, load, columns: found } = besideOf(table, path, options)
  const columns = wanted === undefined ? found : found.filter(({ name }) => isWanted(name, wanted))
  if (columns.length === 0)
    throw new UsageError(
      `--columns: expected columns of ${path} (${found.map(({ name }) => name).join(', ')}), got ${wanted?.join(', ')}`,
    )
  for (const { resource } of budget)
    if (resource !== null && !columns.some(({ name }) => name === resource))
      throw new UsageError(`--budget: expected a column of ${path}, got ${JSON.stringify(resource)}`)
  const judged = columns.map(({ name, x, values }): Judged => {
    const unit = kind ? (kind === 'memory' ? 'bytes' : 'count') : unitOf(name, values)
    const said = budget.findLast(({ resource }) => resource === null || resource === name)?.value
    const perUnit = bytesPerUnit(name)
    const inBytes = unit === 'bytes' && (kind === 'memory' ? perUnit === 1 : looksLikeBytes(name, values))
    const isMemory = inBytes || (unit === 'bytes' && perUnit > 1)
    const budgetOf = (amount: Amount) => {
      const allowed = numberOf(amount, isMemory ? 'bytes' : 'count', `--budget ${name}`, along === 'time' ? 1000 : null)
      // A number is in what the column is in, a size in bytes.
      return typeof amount !== 'number' && amount.isSize ? allowed / perUnit : allowed
    }
    const allowed = said === undefined ? (isMemory ? MEMORY_BUDGET / perUnit : 0) : budgetOf(said)
    return {
      name,
      unit,
      inBytes,
      budget: allowed,
      points: x.length,
      ...judgeAlone(x, values, { unit, budget: allowed, resolution, along, starts, load }),
    }
  })
  const told = judged.map((series) => ({ ...series, reason: sentence(series, along) }))
  if (json) {
    const series = told.map(({ name, unit, inBytes: _, ruledOut: __, facts, ...rest }) => ({
      name,
      kind: unit === 'bytes' ? 'memory' : 'count',
      ...rest,
      moreCycles: facts.moreCycles ?? null,
      moreMs: facts.moreMs ?? null,
    }))
    process.stdout.write(`${JSON.stringify({ file: path, along, series }, null, 1)}\n`)
  } else {
    const screen = openScreen()
    const marks = { leaking: '✖', clean: '✔', inconclusive: '?' }
    const colours = { leaking: 'red', clean: 'green', inconclusive: 'yellow' } as const
    for (const { name, verdict, reason } of told) {
      const head = `${marks[verdict]} ${verdict}`
      const line = wrap(`${head}  ${name} ${reason}`, screen.width, '  ')
      screen.say(screen.paint(colours[verdict], line.slice(0, head.length)) + line.slice(head.length))
    }
  }
  const verdicts = (['leaking', 'inconclusive', 'clean'] as const).filter((v) =>
    judged.some(({ verdict }) => verdict === v),
  )
  return exitCodes[verdicts[0] ?? 'inconclusive']
}

const seenText = (detectable: number, { unit, facts: { anHour } }: Judged): string =>
  anHour === undefined ? `${rate(detectable, unit)} per cycle` : `${rate(detectable * anHour, unit)} an hour`

/** The sentence of a run's resource, in the words of the first column and the units of its own. */
function sentence(judged: Judged, along: 'cycle' | 'time'): string {
  const series: Judged = { ...judged, unit: judged.inBytes ? 'bytes' : 'count' }
  const { verdict, detectable, unit, confirmed } = series
  const text = resourceSentence(series)
  const seen =
    verdict !== 'clean' || detectable === null
      ? ''
      : unit === 'count' && judged.unit === 'count'
        ? `; would have seen ${oneIn(detectable).replace('one in ', 'one leak in ')}`
        : `; would have seen ${detectable > 0 ? seenText(detectable, series) : 'any growth'}`
  const weak = confirmed === false ? '; the evidence is not overwhelming: confirm it with a second, longer run' : ''
  const asks = judged.reasonCode === 'restarted' ? '; say when it was started again, with --restarts or --uptime' : ''
  const words = `${text}${seen}${weak}${asks}`
  return inUnit(words, along === 'cycle' ? 'cycle' : 'second')
}
