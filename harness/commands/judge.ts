/** `holdwater judge FILE`: the verdict on any numbers, each series by itself. */
import { inUnit, oneIn, rate } from '../../reports/format.ts'
import { wrap } from '../../reports/terminal.ts'
import { resourceSentence } from '../../reports/words.ts'
import { UsageError } from '../errors.ts'
import { bytesPerUnit, judgeAlone, looksLikeBytes, unitOf } from '../judge/alone.ts'
import type { SeriesVerdict } from '../judge/rules.ts'
import type { Unit } from '../model.ts'
import { readTable } from '../recording/table.ts'
import { MEMORY_BUDGET } from '../resources.ts'
import { type Amount, numberOf } from '../scenario/amounts.ts'
import type { SeriesBudget } from '../typed.ts'
import { openScreen } from './screen.ts'

export type JudgeOptions = {
  kind: 'count' | 'memory' | undefined
  /** Growth allowed, of every series or of the named one. */
  budget: readonly SeriesBudget[]
  resolution: number
  json: boolean
}

const exitCodes = { leaking: 3, inconclusive: 4, clean: 0 }

type Judged = {
  name: string
  unit: Unit
  /** What its numbers are read as in a sentence. */
  inBytes: boolean
  budget: number
} & SeriesVerdict

/** @throws UsageError for a file that is no table of numbers, or a size of a column that is no memory */
export function judgeFile(path: string, { kind, budget, resolution, json }: JudgeOptions): number {
  const { along, x, columns } = readTable(path)
  for (const { resource } of budget)
    if (resource !== null && !columns.some(({ name }) => name === resource))
      throw new UsageError(`--budget: expected a column of ${path}, got ${JSON.stringify(resource)}`)
  const judged = columns.map(({ name, values }): Judged => {
    const unit = kind ? (kind === 'memory' ? 'bytes' : 'count') : unitOf(name, values)
    const said = budget.findLast(({ resource }) => resource === null || resource === name)?.value
    const perUnit = bytesPerUnit(name)
    const inBytes = unit === 'bytes' && (kind === 'memory' ? perUnit === 1 : looksLikeBytes(name, values))
    const isMemory = inBytes || (unit === 'bytes' && perUnit > 1)
    const budgetOf = (amount: Amount) =>
      // A number is in what the column is in, a size in bytes.
      typeof amount === 'number' ? amount : numberOf(amount, isMemory ? 'bytes' : 'count', `--budget ${name}`) / perUnit
    const allowed = said === undefined ? (isMemory ? MEMORY_BUDGET / perUnit : 0) : budgetOf(said)
    return { name, unit, inBytes, budget: allowed, ...judgeAlone(x, values, { unit, budget: allowed, resolution }) }
  })
  const told = judged.map((series) => ({ ...series, reason: sentence(series, along) }))
  if (json) {
    const series = told.map(({ name, unit, inBytes: _, ruledOut: __, facts, ...rest }) => ({
      name,
      kind: unit === 'bytes' ? 'memory' : 'count',
      ...rest,
      moreCycles: facts.moreCycles ?? null,
      points: x.length,
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
        : `; would have seen ${detectable > 0 ? `${rate(detectable, unit)} per cycle` : 'any growth'}`
  const weak = confirmed === false ? '; the evidence is not overwhelming: confirm it with a second, longer run' : ''
  const words = `${text}${seen}${weak}`
  return inUnit(words, along === 'cycle' ? 'cycle' : 'second')
}
