/**
 * How often the judge is right: every shape of verdicts/shapes.ts, 2,000 seeded runs each at four lengths. Prints the tables
 * of docs/verdict-rates.md: `npm run bench:verdicts`, and of series that run for hours `npm run bench:verdicts -- long`. A rate that misses its
 * bound ends it with exit code 1.
 */
import type { Unit } from '../harness/model.ts'
import { printLong } from './verdicts/long.ts'
import * as programs from './verdicts/programs.ts'
import * as shapes from './verdicts/shapes.ts'
import { type Rates, simulate } from './verdicts/simulate.ts'
import { rateAt, type WholeRates, wholeRates } from './verdicts/whole.ts'

const LONG_SERIES = 1000
/** None of those that the rules were tuned on. */
const LONG_SEED = 20_000
if (process.argv[2] === 'long') {
  const missed = printLong(Number(process.argv[3] ?? LONG_SERIES), LONG_SEED)
  console.log(missed === 0 ? 'Every bound holds.' : `${missed} rates miss their bound.`)
  process.exit(missed === 0 ? 0 : 1)
}

const RUNS = Number(process.argv[2] ?? 2000)
const LENGTHS = [20, 50, 100, 200]
/** Bounds hold from here on: 20 checkpoints are a smoke test. */
const BOUND_FROM = 50

type Set = {
  title: string
  unit: Unit
  shapes: Record<string, shapes.Shape>
  holds: (rates: Rates, name: string, i: number) => boolean
}

/** Detection at 50, 100 and 200 checkpoints that the rules were specified with, in per cent; after confirmation 5 less. */
const least: Record<string, readonly number[]> = {
  '1 per cycle': [100, 100, 100],
  '1 per 10': [100, 100, 100],
  '1 per 100': [99, 100, 100],
  '1 per 1,000': [32, 80, 95],
  'error path of 1 % of cycles': [99, 100, 100],
  'bursts: 1 per 2,000 cycles, mean 20': [8, 38, 79],
  '1 per 100 under a sawtooth': [94, 100, 100],
  '1 per 100 under delayed release': [72, 99, 100],
  '1 per 100 under a warm-up': [88, 99, 100],
  '5 kB per cycle': [100, 100, 100],
  '5 kB per 10 cycles': [94, 100, 100],
  '5 kB per 100 cycles': [3, 38, 94],
}
const HALF_A_POINT = 0.005
const detects = ({ leaking, confirmed }: Rates, name: string, i: number): boolean => {
  const asked = (least[name]?.[i - 1] ?? 0) / 100
  return leaking >= asked - HALF_A_POINT && confirmed >= asked - 0.05 - HALF_A_POINT
}
const quiet = (most: number) => (rates: Rates) => rates.confirmed <= most

/** Called clean, also by a confirmation run, in 1 % at most, from 100 checkpoints on. */
const seldomPasses = ({ passed }: Rates, _: string, i: number): boolean =>
  (LENGTHS[i] as number) < 100 || passed <= 0.01

const sets: Set[] = [
  { title: 'Clean counts', unit: 'count', shapes: shapes.cleanCounts, holds: quiet(0.001) },
  { title: 'Leaking counts', unit: 'count', shapes: shapes.leakingCounts, holds: detects },
  {
    title: 'Clean memory, budget 20 B per cycle, noise 100 kB',
    unit: 'bytes',
    shapes: shapes.cleanMemory,
    holds: quiet(0.001),
  },
  { title: 'Clean memory that grows in steps', unit: 'bytes', shapes: shapes.steppedCleanMemory, holds: quiet(0.001) },
  {
    title: 'Leaking memory that grows in steps, too',
    unit: 'bytes',
    shapes: shapes.steppedLeakingMemory,
    holds: detects,
  },
  {
    title: 'Counts that leak twice as fast as clean must rule out',
    unit: 'count',
    shapes: shapes.slowLeakingCounts,
    holds: seldomPasses,
  },
  {
    title: 'Memory that leaks twice as fast as clean must rule out',
    unit: 'bytes',
    shapes: shapes.slowLeakingMemory,
    holds: seldomPasses,
  },
  { title: 'Leaking memory', unit: 'bytes', shapes: shapes.leakingMemory, holds: detects },
  {
    title: 'Clean counts that nothing was tuned on',
    unit: 'count',
    shapes: shapes.untunedCleanCounts,
    holds: quiet(0.001),
  },
  {
    title: 'Leaking counts that nothing was tuned on',
    unit: 'count',
    shapes: shapes.untunedLeakingCounts,
    holds: detects,
  },
  {
    title: 'Clean memory that nothing was tuned on',
    unit: 'bytes',
    shapes: shapes.untunedCleanMemory,
    holds: quiet(0.001),
  },
  {
    title: 'Leaking memory that nothing was tuned on',
    unit: 'bytes',
    shapes: shapes.untunedLeakingMemory,
    holds: detects,
  },
]

const percent = (share: number) =>
  share === 0 || share === 1 ? String(share * 100) : (share * 100).toFixed(share < 0.1 ? 2 : 1)
let missed = 0
for (const { title, unit, shapes, holds } of sets) {
  console.log(`\n### ${title}\n\n| shape | ${LENGTHS.join(' | ')} |\n| --- |${' --- |'.repeat(LENGTHS.length)}`)
  for (const [name, shape] of Object.entries(shapes)) {
    const cells = LENGTHS.map((n, i) => {
      const rates = simulate(shape, unit, n, RUNS)
      const bound = n < BOUND_FROM || holds(rates, name, i)
      if (!bound) missed++
      return `${[rates.leaking, rates.confirmed, rates.clean, rates.inconclusive].map(percent).join(' / ')}${bound ? '' : ' ✖'}`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
console.log(
  `\n${RUNS} runs a cell: leaking / leaking after confirmation / clean / inconclusive, in per cent, by checkpoints of 100 cycles.`,
)

/** Each is a run of some hundred looks. */
const WHOLE_RUNS = Math.ceil(RUNS / 20)
/** What has to be confirmed in a run of ten minutes takes a hundred times as long as what is certain at once. */
const LONG_RUNS = Math.ceil(RUNS / 200)
/** Longer than any of them holds anything. */
const DRAIN_MS = 70_000
/** Of a cycle, in ms. */
const PACES = [0.2, 3, 30, 200]
const wholes: {
  title: string
  at: (msPerCycle: number) => Record<string, programs.Program>
  holds: (rates: WholeRates) => boolean
  runs?: number
  how?: Parameters<typeof wholeRates>[3]
  paces?: readonly number[]
}[] = [
  { title: 'Whole runs of clean programs', at: () => programs.clean, holds: ({ leaking }) => leaking <= 0.001 },
  {
    title: 'Whole runs of programs whose counts leak twice as fast as clean must rule out',
    at: (msPerCycle) => programs.leakingCounts(rateAt(msPerCycle)),
    holds: ({ clean }) => clean <= 0.01,
  },
  {
    title: `Whole runs of programs whose counts leak unseen while cycles run, ${LONG_RUNS} a cell`,
    at: (msPerCycle) => programs.hiddenLeaks(rateAt(msPerCycle)),
    holds: ({ clean }) => clean <= 0.01,
    runs: LONG_RUNS,
  },
  {
    title: `Whole runs of clean programs that release late, with a \`drainFor\` of ${DRAIN_MS / 1000} s, ${LONG_RUNS} a cell`,
    at: () => programs.lateReleases,
    holds: ({ leaking }) => leaking <= 0.001,
    runs: LONG_RUNS,
    how: { drainForMs: DRAIN_MS },
    // 300,000 things held at a time take minutes to simulate.
    paces: PACES.slice(1),
  },
  {
    title: 'Whole runs of programs whose memory leaks',
    at: () => programs.leakingMemory,
    holds: ({ clean, coarser }) => clean - coarser <= 0.01,
  },
]
for (const { title, at, holds, runs = WHOLE_RUNS, how, paces = PACES } of wholes) {
  console.log(`\n### ${title}\n\n| program | ${paces.join(' | ')} |\n| --- |${' --- |'.repeat(paces.length)}`)
  for (const name of Object.keys(at(1))) {
    const cells: string[] = []
    for (const msPerCycle of paces) {
      const rates = await wholeRates(at(msPerCycle)[name] as programs.Program, msPerCycle, runs, how)
      if (!holds(rates)) missed++
      const shares = [rates.leaking, rates.clean, rates.coarser, rates.inconclusive].map(percent).join(' / ')
      cells.push(`${shares}${holds(rates) ? '' : ' ✖'}`)
    }
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
console.log(
  `\n${WHOLE_RUNS} whole runs a cell, with default options: leaking / clean / of these held to more than 200 B of memory / inconclusive, in per cent, by ms of a cycle.`,
)
console.log(missed === 0 ? 'Every bound holds.' : `${missed} rates miss their bound.`)
process.exitCode = missed === 0 ? 0 : 1
