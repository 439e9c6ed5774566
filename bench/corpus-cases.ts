/** The cases of scenarios/corpus/: what each needs, its packages, and the servers that they are soaked with. */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { startEtcd } from '../harness/dcs/etcd.ts'
import { onPath } from '../harness/processes/start.ts'
import type { Warden } from '../harness/processes/warden.ts'

const corpus = resolve('scenarios/corpus')
const cache = resolve('node_modules/.cache/holdwater-corpus')
const variants = ['leaky', 'fixed', 'only'] as const

export type Variant = { name: string; variant: (typeof variants)[number]; needs: string | undefined }

/** @param asked names of cases; all of them where there are none */
export const variantsOf = (asked: readonly string[] = []): Variant[] =>
  readdirSync(corpus, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (asked.length === 0 || asked.includes(entry.name)))
    .flatMap(({ name }) => {
      const needs = /server needed: (redis|etcd)/.exec(readFileSync(join(corpus, name, 'README.md'), 'utf8'))?.[1]
      return variants
        .filter((variant) => existsSync(join(corpus, name, variant)))
        .map((variant) => ({ name, variant, needs }))
    })

/** A variant with its packages, from the cache where it is there. */
export function installed({ name, variant }: Pick<Variant, 'name' | 'variant'>): string {
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

/** What soaks a variant: its module, and the Node that it brings along, where it does. */
export function soakOf(folder: string): string[] {
  const ownNode = join(folder, 'node_modules', 'node', 'bin', 'node')
  return [join(folder, 'cycle.mjs'), ...(existsSync(ownNode) ? ['--node', ownNode] : [])]
}

const freePort = () =>
  new Promise<number>((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => found(port))
    })
  })

/** Resolves when it says that it accepts connections. @param dir its working folder */
async function startRedis(dir: string): Promise<{ port: number; stop(): void }> {
  const port = await freePort()
  const plain = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir]
  const redis = spawn('redis-server', ['--port', String(port), ...plain])
  await new Promise<void>((ready, failed) => {
    redis.stdout.on('data', (text) => String(text).includes('Ready to accept') && ready())
    redis.once('exit', (code) => failed(new Error(`redis-server left with exit code ${code}`)))
  })
  return { port, stop: () => redis.kill() }
}

/** The servers that some variants need, where they are installed: their ports, and what is missing and how to get it. */
export async function startServers(
  wanted: readonly Variant[],
  { warden, dir }: { warden: Warden; dir: string },
): Promise<AsyncDisposable & { env: Record<string, string>; missing: Record<string, string> }> {
  const isWanted = (server: string) => wanted.some(({ needs }) => needs === server)
  const etcd =
    isWanted('etcd') && onPath('etcd') && onPath('etcdctl')
      ? await startEtcd('local', { warden, say: console.log, readyWithinMs: 30_000, passedOver: [] })
      : null
  const redis = isWanted('redis') && onPath('redis-server') ? await startRedis(dir) : null
  // However this ends.
  process.on('exit', () => redis?.stop())
  return {
    env: { ETCD_PORT: new URL(etcd?.endpoints[0] ?? 'http://x:0').port, REDIS_PORT: String(redis?.port ?? 0) },
    missing: {
      ...(etcd ? {} : { etcd: 'no etcd and etcdctl on the PATH; sudo apt-get install etcd-server etcd-client' }),
      ...(redis ? {} : { redis: 'no redis-server on the PATH; sudo apt-get install redis-server' }),
    },
    async [Symbol.asyncDispose]() {
      redis?.stop()
      await etcd?.[Symbol.asyncDispose]()
    },
  }
}
