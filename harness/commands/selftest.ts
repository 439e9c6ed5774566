/** `holdwater selftest`: planted leaks and clean twins on this machine. Does the gate work here? */
import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { selftestText, type Tested } from '../../reports/selftest.ts'
import type { EtcdChoice } from '../dcs/etcd.ts'
import { UsageError } from '../errors.ts'
import { openFolder } from '../folder.ts'
import { startWarden } from '../processes/warden.ts'
import { runScenario } from '../run-scenario.ts'
import { findTwins, type ScenarioFile } from '../scenario/names.ts'
import { INTERRUPTED, onInterrupt } from './interrupt.ts'
import { openScreen } from './screen.ts'

export type SelftestOptions = { etcd: EtcdChoice; node: string; startTimeoutMs: number; out: string | undefined }

/** More at once than cores: drains and starts only wait. */
const PER_CORE = 2
const exitCodes = { seen: 0, missed: 3, skipped: 2 }

const kindOf = ({ name }: ScenarioFile) => /([^/]+)\.(?:leaky|clean)$/.exec(name)?.[1] ?? name

/** @throws UsageError for a kind that there is no control of */
function twinsOf(kinds: readonly string[]): ScenarioFile[] {
  const twins = findTwins()
  const known = new Set(twins.map(kindOf))
  for (const kind of kinds)
    if (!known.has(kind))
      throw new UsageError(`selftest ${kind}: expected one of ${[...known].join(', ')}, got ${JSON.stringify(kind)}`)
  return kinds.length === 0 ? twins : twins.filter((twin) => kinds.includes(kindOf(twin)))
}

/** Returns 0 where every gate that can be tried here works, 3 where one misses a leak or cries wolf, 2 where none could be tried. */
export async function selftest(kinds: readonly string[], options: SelftestOptions): Promise<number> {
  const twins = twinsOf(kinds)
  const screen = openScreen()
  using interrupt = onInterrupt(screen)
  await using warden = await startWarden()
  await using scratch = warden.makeDir('selftest')
  const out = options.out ?? scratch.path
  openFolder(out)
  const from = performance.now()
  screen.say(`${twins.length} controls: for every resource a planted leak and its clean twin`)
  const pool = pLimit(PER_CORE * availableParallelism())
  let done = 0
  const tested: Tested[] = []
  await Promise.all(
    twins.map((scenario) =>
      pool(async () => {
        if (interrupt.signal.aborted) return
        const { run } = await runScenario(scenario, {
          ...options,
          out,
          warden,
          interrupted: interrupt.signal,
          quick: false,
          until: 'verdict',
          baseline: null,
          typed: [],
          revision: null,
          budget: [],
          noSkip: false,
          onWait() {},
          onStart() {},
          onProgress() {},
          onAgain() {},
          onOutlook() {},
          explain: 'never',
          profile: undefined,
        })
        const twin = scenario.name.endsWith('.leaky') ? 'leaky' : 'clean'
        tested.push({ kind: kindOf(scenario), twin, run })
        screen.count(++done, twins.length)
      }),
    ),
  )
  screen.end()
  if (interrupt.signal.aborted) return INTERRUPTED
  const { text, state } = selftestText(tested, performance.now() - from, screen.width, screen.paint)
  screen.say(text)
  return exitCodes[state]
}
