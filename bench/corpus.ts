/**
 * Real leaks of real packages (scenarios/corpus/), soaked as a user would: every leaky version must come out leaking on the
 * resource its README names, every fixed version and every healthy control not leaking. `npm run bench:corpus -- [CASE…] [--times N]`
 * installs each case into a cache and starts the server it needs, if that is installed.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import { startEtcd } from '../harness/dcs/etcd.ts'
import type { Results, Run } from '../harness/model.ts'
import { onPath } from '../harness/processes/start.ts'
import { startWarden } from '../harness/processes/warden.ts'

const corpus = resolve('scenarios/corpus')
const cache = resolve('node_modules/.cache/holdwater-corpus')
const out = mkdtempSync(join(tmpdir(), 'holdwater-corpus-'))

/** What each README names: the leak shows on one of these at least. */
const leaks: Record<string, readonly string[]> = {
  'amqpcm-close-reconnect-timer': ['timers'],
  'axios-socket-listeners': ['server.socketListeners', 'heap'],
  'batch-cluster-end-orphans': ['children'],
  'bullmq-worker-close': ['sockets', 'timers', 'server.connected_clients'],
  'etcd3-lease-early-release': ['server.etcdLeases', 'timers'],
  'grpcjs-channelz': ['heap'],
  'node-redis-pinginterval': ['timers'],
  'opossum-shutdown-intervals': ['timers'],
  'piscina-destroy-threads': ['threads'],
  'winston-rotate-fds': ['fds'],
}

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '1' } },
})
const times = Number(options.times)
const cases = readdirSync(corpus, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (asked.length === 0 || asked.includes(entry.name)))
  .map(({ name }) => ({
    name,
    needs: /server needed: (redis|etcd)/.exec(readFileSync(join(corpus, name, 'README.md'), 'utf8'))?.[1],
  }))
const variants = cases.flatMap(({ name, needs }) =>
  ['leaky', 'fixed', 'only']
    .filter((variant) => existsSync(join(corpus, name, variant)))
    .flatMap((variant) => Array.from({ length: times }, (_, i) => ({ name, needs, variant, i }))),
)

/** A variant with its packages, from the cache where it is there. */
function installed(name: string, variant: string): string {
  const folder = join(cache, name, variant)
  mkdirSync(folder, { recursive: true })
  cpSync(join(corpus, name, variant), folder, { recursive: true })
  for (const file of readdirSync(join(corpus, name), { withFileTypes: true }))
    if (file.isFile()) cpSync(join(corpus, name, file.name), join(folder, file.name))
  const done = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(done))
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: 'inherit' })
  return folder
}

const freePort = () =>
  new Promise<number>((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => found(port))
    })
  })

/** Resolves when it says that it accepts connections. */
async function startRedis(): Promise<{ port: number; stop(): void }> {
  const port = await freePort()
  const redis = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    out,
  ])
  await new Promise<void>((ready, failed) => {
    redis.stdout.on('data', (text) => String(text).includes('Ready to accept') && ready())
    redis.once('exit', (code) => failed(new Error(`redis-server left with exit code ${code}`)))
  })
  return { port, stop: () => redis.kill() }
}

function soak(folder: string, name: string, env: Record<string, string>): Promise<Run> {
  const to = join(out, name)
  const ownNode = join(folder, 'node_modules', 'node', 'bin', 'node')
  const args = ['harness/cli.ts', 'run', join(folder, 'cycle.mjs'), '--out', to, '--reporter', 'json']
  if (existsSync(ownNode)) args.push('--node', ownNode)
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
const wanted = (server: string) => cases.some(({ needs }) => needs === server)
await using etcd =
  wanted('etcd') && onPath('etcd') && onPath('etcdctl')
    ? await startEtcd('local', { warden, say: console.log, readyWithinMs: 30_000, passedOver: [] })
    : null
const redis = wanted('redis') && onPath('redis-server') ? await startRedis() : null
// However this ends.
process.on('exit', () => redis?.stop())
const env = {
  ETCD_PORT: new URL(etcd?.endpoints[0] ?? 'http://x:0').port,
  REDIS_PORT: String(redis?.port ?? 0),
}
const missing: Record<string, string> = {
  ...(etcd ? {} : { etcd: 'no etcd and etcdctl on the PATH; sudo apt-get install etcd-server etcd-client' }),
  ...(redis ? {} : { redis: 'no redis-server on the PATH; sudo apt-get install redis-server' }),
}

let wrong = 0
const pool = pLimit(availableParallelism())
await Promise.all(
  variants.map(({ name, variant, needs, i }) =>
    pool(async () => {
      const which = `${name} ${variant}`.padEnd(38)
      if (needs && missing[needs]) return console.log(`- ${which} skipped: ${missing[needs]}`)
      const run = await soak(installed(name, variant), join(name, variant, String(i)), env)
      const found = run.resources.filter(({ verdict }) => verdict === 'leaking').map((resource) => resource.name)
      const right =
        variant === 'leaky'
          ? run.verdict === 'leaking' && found.some((resource) => leaks[name]?.includes(resource))
          : run.verdict === 'clean' || run.verdict === 'inconclusive'
      if (!right) wrong++
      const told = run.verdict === 'leaking' ? found.join(' ') : run.reason
      console.log(
        `${right ? '✔' : '✖'} ${which} ${run.verdict}, ${run.cycles} cycles, ${Math.round(run.durationMs / 1000)} s: ${told}`,
      )
    }),
  ),
)
rmSync(out, { recursive: true, force: true })
console.log(wrong === 0 ? 'All told apart.' : `${wrong} of ${variants.length} judged wrongly.`)
process.exitCode = wrong === 0 ? 0 : 1
