/**
 * Real leaks of real packages (scenarios/corpus/), soaked as a user would: every leaky version must come out leaking on the
 * resource its README names, with a suspect in the package that leaks, every fixed version and every healthy control not leaking. `npm run bench:corpus -- [CASE…] [--times N]`
 * installs each case into a cache and starts the server it needs, if that is installed.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import type { Results, Run } from '../harness/model.ts'
import { startWarden } from '../harness/processes/warden.ts'
import { installed, soakOf, startServers, variantsOf } from './corpus-cases.ts'

const out = mkdtempSync(join(tmpdir(), 'holdwater-corpus-'))

/** What each README names: the leak shows on one of these at least, and the first or second suspect is of this package. */
const leaks: Record<string, { shows: readonly string[]; madeIn: RegExp }> = {
  'amqpcm-close-reconnect-timer': { shows: ['timers'], madeIn: /amqp-connection-manager\// },
  'axios-socket-listeners': { shows: ['server.socketListeners', 'heap'], madeIn: /node_modules\/axios\// },
  'batch-cluster-end-orphans': { shows: ['children'], madeIn: /node_modules\/batch-cluster\// },
  'bullmq-worker-close': {
    shows: ['sockets', 'timers', 'server.connected_clients'],
    madeIn: /node_modules\/bullmq\//,
  },
  'etcd3-lease-early-release': { shows: ['server.etcdLeases', 'timers'], madeIn: /node_modules\/etcd3\// },
  'grpcjs-channelz': { shows: ['heap'], madeIn: /node_modules\/@grpc\/grpc-js\// },
  'node-cron-storage': { shows: ['heap'], madeIn: /node_modules\/node-cron\// },
  'lru-cache-evicted-timers': { shows: ['timers', 'heap'], madeIn: /node_modules\/lru-cache\// },
  'node-redis-pinginterval': { shows: ['timers'], madeIn: /node_modules\/@redis\/client\// },
  'opossum-shutdown-intervals': { shows: ['timers'], madeIn: /node_modules\/opossum\// },
  'piscina-destroy-threads': { shows: ['threads'], madeIn: /node_modules\/piscina\// },
  'winston-rotate-fds': { shows: ['fds'], madeIn: /node_modules\/winston\// },
}

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '1' } },
})
const times = Number(options.times)
const variants = variantsOf(asked).flatMap((variant) => Array.from({ length: times }, (_, i) => ({ ...variant, i })))

function soak(folder: string, name: string, env: Record<string, string>): Promise<Run> {
  const to = join(out, name)
  const args = ['harness/cli.ts', 'run', ...soakOf(folder), '--out', to, '--reporter', 'json']
  return new Promise((done, failed) =>
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (_, __, stderr) => {
      try {
        const results = JSON.parse(readFileSync(join(to, 'results.json'), 'utf8')) as Results
        done(results.runs[0] as Run)
      } catch {
        failed(new Error(stderr))
      }
    }),
  )
}

await using warden = await startWarden()
await using servers = await startServers(variants, { warden, dir: out })
const { env, missing } = servers

let wrong = 0
/** A cured version that got no answer is not told apart. */
let undecided = 0
const MOST_UNDECIDED = 0.05
/** Of each leaky version, whether its package was named. */
const blamed: boolean[] = []
const LEAST_NAMED = 0.9
const pool = pLimit(availableParallelism())
await Promise.all(
  variants.map(({ name, variant, needs, i }) =>
    pool(async () => {
      const which = `${name} ${variant}`.padEnd(38)
      if (needs && missing[needs]) return console.log(`- ${which} skipped: ${missing[needs]}`)
      const run = await soak(installed({ name, variant }), join(name, variant, String(i)), env)
      const found = run.resources.filter(({ verdict }) => verdict === 'leaking').map((resource) => resource.name)
      const named = run.suspects
        .slice(0, 2)
        .some(({ stack }) => stack.some(({ file }) => leaks[name]?.madeIn.test(file)))
      const right =
        variant === 'leaky'
          ? run.verdict === 'leaking' && found.some((resource) => leaks[name]?.shows.includes(resource))
          : run.verdict === 'clean'
      if (variant !== 'leaky' && run.verdict === 'inconclusive') undecided++
      else if (!right) wrong++
      if (variant === 'leaky') blamed.push(named)
      const told = run.verdict === 'leaking' ? found.join(' ') : run.reason
      console.log(
        `${right ? '✔' : '✖'} ${which} ${run.verdict}, ${run.cycles} cycles, ${Math.round(run.durationMs / 1000)} s: ${told}`,
      )
      if (variant === 'leaky') console.log(`  ${named ? '✔' : '✖'} ${run.suspects[0]?.sentence ?? 'no suspect'}`)
      else if (run.suspects.length > 0) console.log(`  ✖ a suspect where nothing leaks: ${run.suspects[0]?.sentence}`)
    }),
  ),
)
rmSync(out, { recursive: true, force: true })
const share = blamed.length === 0 ? 1 : blamed.filter(Boolean).length / blamed.length
const isTold = wrong === 0 && undecided === 0
console.log(
  isTold ? 'All told apart.' : `${wrong} of ${variants.length} judged wrongly, ${undecided} without an answer.`,
)
console.log(`${blamed.filter(Boolean).length} of ${blamed.length} leaks named by the package that makes them.`)
const holds = wrong === 0 && undecided <= MOST_UNDECIDED * variants.length && share >= LEAST_NAMED
process.exitCode = holds ? 0 : 1
