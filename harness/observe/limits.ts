/**
 * What would kill the target: the kernel's limits on threads, descriptors and memory, and how much of each is used, counted
 * in the limit's own scope. From /proc and the cgroups (proc(5), cgroups(7), getrlimit(2)).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Limit } from '../model.ts'

const kB = 1024

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
/** A file with one number; `max` and what is not there are null. */
const readNumber = (path: string): number | null => {
  const text = read(path)?.trim()
  return text && /^\d+$/.test(text) ? Number(text) : null
}
/** `Max processes  96365  96365  processes`: the soft limit, null where it is unlimited. */
const softLimit = (limits: string, name: string): number | null => {
  const match = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)
  return match ? Number(match[1]) : null
}
const field = (text: string, name: string): number | null => {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)
  return match ? Number(match[1]) : null
}

/** RLIMIT_NPROC counts every task of the uid, and binds neither root nor who may exceed limits (CAP_SYS_ADMIN, _RESOURCE). */
const exempt = (status: string): boolean => {
  const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return field(status, 'Uid') === 0 || (capabilities & ((1n << 21n) | (1n << 24n))) !== 0n
}

function tasksOf(uid: number): number {
  let tasks = 0
  for (const name of readdirSync('/proc')) {
    const status = /^\d+$/.test(name) ? read(`/proc/${name}/status`) : null
    if (status && field(status, 'Uid') === uid) tasks += field(status, 'Threads') ?? 0
  }
  return tasks
}

/** The folders of a controller, from the target's own cgroup up to the root: v2, then v1. */
function cgroupFolders(pid: number, controller: string): string[] {
  const lines = (read(`/proc/${pid}/cgroup`) ?? '').split('\n').map((line) => line.split(':'))
  const v1 = lines.find(([, controllers = '']) => controllers.split(',').includes(controller))
  const v2 = lines.find(([id]) => id === '0')
  const own = v1 ?? v2
  if (!own) return []
  const root = join('/sys/fs/cgroup', v1 ? controller : '')
  const folders: string[] = []
  for (let path = own.slice(2).join(':'); ; path = dirname(path)) {
    folders.push(join(root, path))
    if (path === '/' || path === '.') return folders
  }
}

function cgroupLimits(pid: number): Limit[] {
  const kinds = [
    { resource: 'threads', controller: 'pids', files: [['pids.max', 'pids.current']] },
    {
      resource: 'memory',
      controller: 'memory',
      files: [
        ['memory.max', 'memory.current'],
        ['memory.limit_in_bytes', 'memory.usage_in_bytes'],
      ],
    },
  ] as const
  return kinds.flatMap(({ resource, controller, files }) =>
    cgroupFolders(pid, controller).flatMap((folder) =>
      files.flatMap(([most, used]) => {
        const limit = readNumber(join(folder, most))
        const now = readNumber(join(folder, used))
        // Version 1 says "unlimited" by a number close to 2^63.
        const real = limit !== null && limit < Number.MAX_SAFE_INTEGER
        return real && now !== null ? [{ resource, source: `cgroup ${most}`, limit, now }] : []
      }),
    ),
  )
}

/** Every limit that can be read; empty where there is no /proc. */
export function readLimits(pid: number): Limit[] {
  const [status, limits] = [read(`/proc/${pid}/status`), read(`/proc/${pid}/limits`)]
  if (status === null || limits === null) return []
  const found: Limit[] = cgroupLimits(pid)
  const add = (resource: Limit['resource'], source: string, limit: number | null, now: () => number) => {
    try {
      if (limit !== null) found.push({ resource, source, limit, now: now() })
    } catch {
      // it left while it was read, or may not be read: no limit is known
    }
  }
  const uid = field(status, 'Uid') ?? 0
  if (!exempt(status)) add('threads', 'RLIMIT_NPROC', softLimit(limits, 'Max processes'), () => tasksOf(uid))
  const allTasks = () => Number(/\/(\d+)/.exec(read('/proc/loadavg') ?? '')?.[1] ?? 0)
  add('threads', 'kernel.threads-max', readNumber('/proc/sys/kernel/threads-max'), allTasks)
  add('threads', 'kernel.pid_max', readNumber('/proc/sys/kernel/pid_max'), allTasks)
  // A thread's stack and its guard page are two maps.
  const maps = readNumber('/proc/sys/vm/max_map_count')
  const mapped = () => Math.floor((read(`/proc/${pid}/maps`)?.split('\n').length ?? 0) / 2)
  add('threads', 'half of vm.max_map_count', maps === null ? null : Math.floor(maps / 2), mapped)
  const open = () => readdirSync(`/proc/${pid}/fd`).length
  add('fds', 'RLIMIT_NOFILE', softLimit(limits, 'Max open files'), open)
  const memory = read('/proc/meminfo') ?? ''
  const [total, available] = [field(memory, 'MemTotal'), field(memory, 'MemAvailable')]
  add(
    'memory',
    "the machine's memory",
    total === null ? null : total * kB,
    () => ((total ?? 0) - (available ?? 0)) * kB,
  )
  return found
}
