/**
 * Real kernel limits for a process that is to be started: which mechanism there is on this machine, and what stands before
 * the program so that it runs under it. getrlimit(2), cgroups(7), credentials(7), capabilities(7).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { EnvironmentError } from '../errors.ts'
import { type MadeCgroup, makeCgroup } from './cgroup.ts'
import { tasksOf } from './proc.ts'
import { onPath } from './start.ts'
import type { Warden } from './warden.ts'

type LimitedResource = 'threads' | 'fds' | 'memory'
/** A number of threads or descriptors, or bytes. */
type WantedLimit = { resource: LimitedResource; value: number }

export type Counted = { readonly resource: 'threads' | 'memory'; readonly folder: string | null }[]

export type Limits = AsyncDisposable & {
  /** Each limit as it was set: by what means, and what a person should know of it. */
  set: (WantedLimit & { mechanism: string })[]
  /** What stands before the program. */
  prefix: string[]
  /** What has a cgroup of its own, in which the kernel counts its refusals: its folder, where it is ours. */
  counted: Counted
}

/** A mechanism that this machine has, and its part in the start of a program; or why it has it not. */
type Means =
  | {
      mechanism: string
      /** Properties of a systemd scope. */
      scope?: string[]
      cgroup?: MadeCgroup
      /** Options of prlimit. */
      rlimit?: string
      /** Options of setpriv. */
      uid?: string[]
    }
  | { lacks: string }

const KNOWN_CAPABILITIES = { dac_override: 1, dac_read_search: 2, setuid: 7, sys_admin: 21, sys_resource: 24 } as const
function hasCapability(name: keyof typeof KNOWN_CAPABILITIES): boolean {
  const own = /^CapEff:\s+([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'
  return (BigInt(`0x${own}`) & (1n << BigInt(KNOWN_CAPABILITIES[name]))) !== 0n
}

function byCgroup(controller: 'pids' | 'memory', value: number, warden: Warden): Means {
  const cgroup = makeCgroup(controller, value, warden)
  return 'lacks' in cgroup ? cgroup : { mechanism: `${controller} cgroup v${cgroup.version}`, cgroup }
}

const SCOPE = ['systemd-run', '--user', '--scope', '--quiet', '--collect'] as const
/** systemd --user may answer late where it has hung. */
const ANSWERS_WITHIN_MS = 3000
function byScope(...properties: [string, ...string[]]): Means {
  const [file, ...options] = SCOPE
  if (!onPath(file)) return { lacks: 'no systemd-run on the PATH' }
  try {
    execFileSync(file, [...options, 'true'], { stdio: 'pipe', timeout: ANSWERS_WITHIN_MS })
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? '').trim()
    return { lacks: `systemd-run --user does not answer (${said.split('\n')[0] || 'no reply'})` }
  }
  return { mechanism: `systemd scope, ${properties[0]}`, scope: properties.flatMap((property) => ['-p', property]) }
}

const byRlimit = (mechanism: string, rlimit: string): Means =>
  onPath('prlimit') ? { mechanism, rlimit } : { lacks: `no prlimit on the PATH for ${mechanism} (util-linux)` }

/** It counts every task of the uid, and binds neither root nor who may exceed limits. */
function byTasksOfUid(value: number): Means {
  const uid = process.getuid?.() ?? 0
  if (uid === 0 || hasCapability('sys_admin') || hasCapability('sys_resource'))
    return { lacks: 'RLIMIT_NPROC does not bind root' }
  const already = tasksOf(uid)
  const most = already + value
  return byRlimit(`RLIMIT_NPROC, on top of the ${already} tasks that uid ${uid} had already`, `--nproc=${most}:${most}`)
}

const UIDS = { from: 40_000, count: 20_000 }
/** A uid that nobody has: no line in /etc/passwd, and no task. */
function unusedUid(): number {
  const known = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'latin1') : ''
  for (;;) {
    const uid = UIDS.from + Math.floor(Math.random() * UIDS.count)
    if (!known.includes(`:${uid}:`) && tasksOf(uid) === 0) return uid
  }
}

/** Root puts off being root, and keeps its right to read and write files: a checkout may lie below a folder of mode 0700. */
function byUnusedUid(value: number): Means {
  if (!hasCapability('setuid')) return { lacks: 'no right to change the uid (CAP_SETUID)' }
  if (!onPath('setpriv')) return { lacks: 'no setpriv on the PATH to change the uid (util-linux)' }
  const uid = unusedUid()
  const kept = (['dac_override', 'dac_read_search'] as const).filter(hasCapability).map((name) => `+${name}`)
  const capabilities = kept.length > 0 ? ['--inh-caps', kept.join(), '--ambient-caps', kept.join()] : []
  const limited = byRlimit(`RLIMIT_NPROC, under the unused uid ${uid}`, `--nproc=${value}:${value}`)
  return 'lacks' in limited ? limited : { ...limited, uid: ['--reuid', String(uid), ...capabilities] }
}

const V8 = 'RLIMIT_AS, address space, of which V8 reserves over a gigabyte that it does not use'

/** In the order in which they are tried. */
const means: Record<LimitedResource, ((value: number, warden: Warden) => Means)[]> = {
  threads: [
    (value, warden) => byCgroup('pids', value, warden),
    (value) => byScope(`TasksMax=${value}`),
    byTasksOfUid,
    byUnusedUid,
  ],
  fds: [(value) => byRlimit('RLIMIT_NOFILE', `--nofile=${value}:${value}`)],
  memory: [
    (value, warden) => byCgroup('memory', value, warden),
    (value) => byScope(`MemoryMax=${value}`, 'MemorySwapMax=0'),
    (value) => byRlimit(V8, `--as=${value}:${value}`),
  ],
}

const remedies: Record<LimitedResource, string> = {
  threads:
    'Run holdwater as root, in a session of systemd, or as an ordinary user where util-linux is installed; or in a container: docker run --pids-limit',
  fds: 'Install util-linux, which has prlimit.',
  memory:
    'Run holdwater as root, in a session of systemd, or where util-linux is installed; or in a container: docker run --memory',
}

/**
 * Finds a mechanism for each limit, and makes what it needs.
 * @throws EnvironmentError where this machine has none: what was tried, why not, and what would help
 */
export async function openLimits(wanted: readonly WantedLimit[], warden: Warden): Promise<Limits> {
  const found: Exclude<Means, { lacks: string }>[] = []
  const dispose = async () => {
    for (const { cgroup } of found) await cgroup?.release()
  }
  for (const { resource, value } of wanted) {
    const lacks: string[] = process.platform === 'linux' ? [] : [`Linux sets limits, and this is ${process.platform}`]
    const before = found.length
    for (const make of lacks.length > 0 ? [] : means[resource]) {
      const made = make(value, warden)
      if ('lacks' in made) lacks.push(made.lacks)
      else {
        found.push(made)
        break
      }
    }
    if (found.length > before) continue
    await dispose()
    throw new EnvironmentError(
      `--limit ${resource}=${value} cannot be set here: ${lacks.join('; ')}.\n  ${remedies[resource]}`,
    )
  }
  // Each becomes the next. Who has become another user may enter no cgroup any more.
  const options = (of: (one: (typeof found)[number]) => readonly string[] | undefined, before: readonly string[]) => {
    const all = found.flatMap((one) => of(one) ?? [])
    return all.length > 0 ? [...before, ...all, '--'] : []
  }
  return {
    set: wanted.map((limit, i) => ({ ...limit, mechanism: found[i]?.mechanism ?? '' })),
    counted: wanted.flatMap(({ resource }, i) =>
      resource !== 'fds' && (found[i]?.cgroup || found[i]?.scope)
        ? [{ resource, folder: found[i]?.cgroup?.folder ?? null }]
        : [],
    ),
    prefix: [
      ...options(({ scope }) => scope, SCOPE),
      ...found.flatMap(({ cgroup }) => cgroup?.prefix ?? []),
      ...options(({ rlimit }) => (rlimit ? [rlimit] : []), ['prlimit']),
      ...options(({ uid }) => uid, ['setpriv']),
    ],
    [Symbol.asyncDispose]: dispose,
  }
}
