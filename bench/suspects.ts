/**
 * Ten runs of every control, explained: each planted leak has to be named by its own line every time, in no more time than it
 * took to measure it, and nothing may be suspected of a clean twin. `npm run bench:suspects -- [KIND…] [--times N]`
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import type { Recording, Run } from '../harness/model.ts'
import { startWarden } from '../harness/processes/warden.ts'
import { readRecording } from '../harness/recording/read.ts'
import { runScenario } from '../harness/run-scenario.ts'
import { findTwins } from '../harness/scenario/names.ts'

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '10' } },
})
const kindOf = (name: string) => /([^/]+)\.(?:leaky|clean)$/.exec(name)?.[1] ?? name
const twins = findTwins().filter(({ name }) => asked.length === 0 || asked.includes(kindOf(name)))

/** The controls' own code, or, of what no client can be asked about, the pattern of its name. */
const isNamed = ({ suspects: [first] }: Run): boolean => {
  const at = first?.stack[first.at ?? -1]
  return at ? /^scenarios\/controls\/|^<string>/.test(at.file) : first?.kind === 'key' && first.what === 'key-*'
}
const lengthOf = ({ end }: Recording): number => end?.ms ?? 0

await using warden = await startWarden()
const pool = pLimit(availableParallelism())
let wrong = 0
const ratios: { name: string; ratio: number; ms: number }[] = []

await Promise.all(
  Array.from({ length: Number(options.times) }, () => twins)
    .flat()
    .map((scenario) =>
      pool(async () => {
        await using out = warden.makeDir('suspects')
        const { run } = await runScenario(scenario, {
          out: out.path,
          warden,
          etcd: 'auto',
          node: process.execPath,
          startTimeoutMs: 30_000,
          interrupted: new AbortController().signal,
          quick: false,
          until: 'verdict',
          baseline: null,
          typed: [],
          revision: null,
          budget: [],
          noSkip: false,
          explain: 'always',
          profile: undefined,
          onWait() {},
          onStart() {},
          onProgress() {},
          onAgain() {},
          onOutlook() {},
        })
        const leaky = scenario.name.endsWith('.leaky')
        const right = leaky ? isNamed(run) : run.suspects.length === 0
        const [measured, explained] = (['measure', 'explain'] as const).map((role) => {
          const path = run.recordings.find((recording) => recording.role === role)?.path
          return path ? lengthOf(readRecording(`${out.path}/${path}`)) : 0
        }) as [number, number]
        if (leaky && measured > 0) ratios.push({ name: scenario.name, ratio: explained / measured, ms: measured })
        if (right) return
        wrong++
        const [first] = run.suspects
        console.log(
          `✖ ${scenario.name}: ${run.verdict}; ${first?.sentence ?? 'no suspect'} ${run.unexplained.join(' ')}`,
        )
      }),
    ),
)
const slowest = ratios.toSorted((a, b) => b.ratio - a.ratio)
const longest = slowest[0]?.ratio ?? 0
for (const { name, ratio, ms } of slowest.slice(0, 5))
  console.log(`  ${name}: ${ratio.toFixed(2)} of ${Math.round(ms)} ms`)
const runs = Number(options.times) * twins.length
console.log(`${wrong === 0 ? '✔' : '✖'} ${runs - wrong} of ${runs} runs named what leaks, and nothing else`)
console.log(`${longest <= 1 ? '✔' : '✖'} explaining ÷ measured, the longest: ${longest.toFixed(2)} (at most 1)`)
process.exitCode = wrong === 0 && longest <= 1 ? 0 : 1
