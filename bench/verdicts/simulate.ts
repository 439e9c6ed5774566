/** Runs a shape many times through the judge, and counts what comes out. */

import { errorShared } from '../../harness/judge/rules.ts'
import { judgeSeries } from '../../harness/judge/verdict.ts'
import type { Unit, Verdict } from '../../harness/model.ts'
import { seeded } from './random.ts'
import { CYCLES, type Shape } from './shapes.ts'

export type Rates = {
  /** Shares, 0 to 1, of the single runs. */
  leaking: number
  clean: number
  inconclusive: number
  /** Share that is still leaking after the confirmation run. */
  confirmed: number
  /** Share that is called clean in the end, by the confirmation run, too. */
  passed: number
}

/** The budget of the memory tables, bytes per cycle; counts have none. */
const MEMORY_BUDGET = 20

const judged = (values: readonly number[], unit: Unit) =>
  judgeSeries(
    values.map((value, i) => ({ cycle: i * CYCLES, value, drain: false })),
    unit,
    {
      budget: unit === 'bytes' ? MEMORY_BUDGET : 0,
      resolution: 1 / 1000,
      ...errorShared(1),
      early: false,
      total: null,
      peak: null,
    },
  )

/** @param n checkpoints of a run; the confirmation run has twice as many */
export function simulate(shape: Shape, unit: Unit, n: number, runs: number, seed = 1): Rates {
  const random = seeded(seed * 7919 + n)
  const count: Record<Verdict, number> = { leaking: 0, clean: 0, inconclusive: 0 }
  let confirmed = 0
  let cleared = 0
  for (let run = 0; run < runs; run++) {
    const first = judged(shape(random, n + 1), unit)
    count[first.verdict]++
    if (first.verdict !== 'leaking') continue
    const second = first.confirmed ? 'leaking' : judged(shape(random, 2 * n + 1), unit).verdict
    if (second === 'leaking') confirmed++
    if (second === 'clean') cleared++
  }
  const share = (number: number) => number / runs
  return {
    leaking: share(count.leaking),
    clean: share(count.clean),
    inconclusive: share(count.inconclusive),
    confirmed: share(confirmed),
    passed: share(count.clean + cleared),
  }
}
