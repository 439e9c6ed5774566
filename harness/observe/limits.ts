/**
 * What would kill the target: the kernel's limits on threads, descriptors and memory, and how much of each is used, counted
 * in the limit's own scope. From /proc and the cgroups (proc(5), cgroups(7), getrlimit(2)).
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Limit } from '../model.ts'
import { type Controller, cgroupsOf, readNumber, refusalsOf, usageOf } from '../processes/cgroup.ts'
import type { Counted } from '../processes/limit.ts'
import { statusField, tasksOf } from '../processes/proc.ts'

const kB = 1024

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
/** `Max processes  96365  96365  processes`: the soft limit, null where it is unlimited. */
const softLimit = (limits: string, name: string): number | null => {
  const match = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)
  return match ? Number(match[1]) : null
}
/** RLIMIT_NPROC counts every task of the uid, and binds neither root nor who may exceed limits (CAP_SYS_ADMIN, _RESOURCE). */
const exempt = (status: string): boolean => {
  const capabilities = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return statusField(status, 'Uid') === 0 || (capabilities & ((1n << 21n) | (1n << 24n))) !== 0n
}

const controllers: Record<'threads' | 'memory', Controller> = { threads: 'pids', memory: 'memory' }
type Controlled = keyof typeof controllers
const controlled = Object.keys(controllers) as Controlled[]

const cgroupLimits = (pid: number): Limit[] =>
  controlled.flatMap((resource) =>
    (cgroupsOf(pid, controllers[resource])?.folders ?? []).flatMap((folder) => {
      const usage = usageOf(folder, controllers[resource])
      return usage ? [{ resource, source: `cgroup ${usage.file}`, limit: usage.limit, now: usage.now }] : []
    }),
  )

/**
 * What the kernel has refused a process from now on, in its cgroup or one above; null where it does not count.
 * @param own what is limited in its own cgroup alone, where the neighbours' refusals are not counted
 */
export function openRefusals(pid: number, own: Readonly<Counted>): () => Record<Controlled, number | null> {
  const counters = controlled.map((resource) => {
    const known = own.find((one) => one.resource === resource)
    const all = cgroupsOf(pid, controllers[resource])?.folders ?? []
    const folders = known?.folder ? [known.folder] : known ? all.slice(0, 1) : all
    const count = () => folders.map((folder) => refusalsOf(folder, controllers[resource]) ?? Number.NaN)
    // In one that was made for it, all that is counted is its.
    const before = known?.folder ? [0] : count()
    // Which of them counts, the one that asks or the one that refuses, is not the same in every kernel.
    const since = () =>
      Math.max(
        ...count()
          .map((value, i) => value - (before[i] ?? 0))
          .filter((value) => value >= 0),
      )
    return [resource, () => (Number.isFinite(since()) ? since() : null)] as const
  })
  return () =>
    Object.fromEntries(counters.map(([resource, since]) => [resource, since()])) as Record<Controlled, number | null>
}

/**
 * Every limit that can be read; empty where there is no /proc.
 * @param tree leave out those of a single process: what came of it has its own
 */
export function readLimits(pid: number, tree = false): Limit[] {
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
  const uid = statusField(status, 'Uid') ?? 0
  if (!exempt(status)) add('threads', 'RLIMIT_NPROC', softLimit(limits, 'Max processes'), () => tasksOf(uid))
  const allTasks = () => Number(/\/(\d+)/.exec(read('/proc/loadavg') ?? '')?.[1] ?? 0)
  add('threads', 'kernel.threads-max', readNumber('/proc/sys/kernel/threads-max'), allTasks)
  add('threads', 'kernel.pid_max', readNumber('/proc/sys/kernel/pid_max'), allTasks)
  const machine = machineMemory()
  if (machine) found.push(machine)
  if (tree) return found
  // A thread's stack and its guard page are two maps.
  const maps = readNumber('/proc/sys/vm/max_map_count')
  const mapped = read(`/proc/${pid}/maps`)?.split('\n').length ?? 0
  add('threads', 'half of vm.max_map_count', maps === null ? null : Math.floor(maps / 2), () => Math.floor(mapped / 2))
  add('maps', 'vm.max_map_count', maps, () => mapped)
  const files = softLimit(limits, 'Max open files')
  // It limits numbers: one that was inherited and is higher takes nothing of it.
  const open = () => readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) < (files ?? 0)).length
  add('fds', 'RLIMIT_NOFILE', files, open)
  const addressSpace = softLimit(limits, 'Max address space')
  add('memory', 'RLIMIT_AS', addressSpace, () => (statusField(status, 'VmSize') ?? 0) * kB)
  return found
}

function machineMemory(): Limit | null {
  const memory = read('/proc/meminfo') ?? ''
  const [total, available] = [statusField(memory, 'MemTotal'), statusField(memory, 'MemAvailable')]
  if (total === null || available === null) return null
  return { resource: 'memory', source: "the machine's memory", limit: total * kB, now: (total - available) * kB }
}
