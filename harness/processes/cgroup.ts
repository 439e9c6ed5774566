/** The cgroups of a process, of version 1 and 2 (cgroups(7)): where they are, what they say, and one of our own. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Kept, Warden } from './warden.ts'

export type Controller = 'pids' | 'memory'
type Hierarchy = { version: 1 | 2; folders: string[] }

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

/** `36 35 0:30 /docker/4711 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids`: what of a hierarchy is mounted, and where. */
function mountOf(version: 1 | 2, controller: Controller): { root: string; at: string } | null {
  for (const line of (read('/proc/self/mountinfo') ?? '').split('\n')) {
    const [mount = '', source = ''] = line.split(' - ')
    const [, , , root = '', at = ''] = mount.split(' ')
    const [type, , options = ''] = source.split(' ')
    const found = version === 2 ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes(controller)
    if (found) return { root, at }
  }
  return null
}

/**
 * The folders of a controller that can be seen, from the process's own cgroup up to the top. Null where there is none.
 * @param pid a process, or `self`
 */
export function cgroupsOf(pid: number | 'self', controller: Controller): Hierarchy | null {
  const lines = (read(`/proc/${pid}/cgroup`) ?? '').split('\n').map((line) => line.split(':'))
  const v1 = lines.find(([, controllers = '']) => controllers.split(',').includes(controller))
  const own = v1 ?? lines.find(([id]) => id === '0')
  const version = v1 ? 1 : 2
  const mount = own && mountOf(version, controller)
  if (!own || !mount) return null
  const path = own.slice(2).join(':')
  // A container sees its own part of the hierarchy as the whole.
  const below = path.startsWith(mount.root) ? path.slice(mount.root === '/' ? 0 : mount.root.length) : '/'
  const folders: string[] = []
  for (let part = below || '/'; ; part = dirname(part)) {
    folders.push(join(mount.at, part))
    if (part === '/' || part === '.') return { version, folders }
  }
}

/** A file with one number; `max` and what is not there are null, and so is "unlimited" of version 1, close to 2^63. */
export function readNumber(path: string): number | null {
  const text = read(path)?.trim()
  const value = text && /^\d+$/.test(text) ? Number(text) : null
  return value !== null && value < Number.MAX_SAFE_INTEGER ? value : null
}

const field = (path: string, name: string): number | null => {
  const match = new RegExp(`^${name} (\\d+)`, 'm').exec(read(path) ?? '')
  return match ? Number(match[1]) : null
}

/** What a cgroup allows and what is used of it. Before it refuses, the kernel gives up the pages of files: they are not counted. */
export function usageOf(folder: string, controller: Controller): { file: string; limit: number; now: number } | null {
  const [file, used] =
    controller === 'pids'
      ? ['pids.max', 'pids.current']
      : existsSync(join(folder, 'memory.max'))
        ? ['memory.max', 'memory.current']
        : ['memory.limit_in_bytes', 'memory.usage_in_bytes']
  const [limit, now] = [readNumber(join(folder, file)), readNumber(join(folder, used))]
  if (limit === null || now === null) return null
  const stat = join(folder, 'memory.stat')
  // Version 1 has each with its children's as `total_…`.
  const ofFiles = ['inactive_file', 'active_file'].map((name) => field(stat, `total_${name}`) ?? field(stat, name) ?? 0)
  const spare = controller === 'memory' ? ofFiles.reduce((a, b) => a + b, 0) : 0
  return { file, limit, now: Math.max(0, now - spare) }
}

/** How often the kernel has refused in a cgroup, or ended a process of it for want of memory; null where it does not say. */
export function refusalsOf(folder: string, controller: Controller): number | null {
  if (controller === 'pids') return field(join(folder, 'pids.events'), 'max')
  return field(join(folder, 'memory.events'), 'oom_kill') ?? field(join(folder, 'memory.oom_control'), 'oom_kill')
}

/** What a process of its own may still be put into. */
const canEnter = (folder: string): boolean => {
  try {
    execFileSync('sh', ['-c', ENTER, 'sh', folder, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
/** Puts the shell that runs it into a cgroup, and becomes the program that follows. */
const ENTER = 'echo 0 > "$1/cgroup.procs" || exit 126; shift; exec "$@"'

export type MadeCgroup = Kept & {
  folder: string
  version: 1 | 2
  /** What stands before a program that is to run in it. */
  prefix: string[]
}

/** What swaps meets no limit: version 1 limits both together, version 2 the swap by itself. */
const writeLimit = (folder: string, controller: Controller, version: 1 | 2, value: number): void => {
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text)
  if (controller === 'pids') {
    write('pids.max', String(value))
    return
  }
  write(version === 2 ? 'memory.max' : 'memory.limit_in_bytes', String(value))
  const [swap, none] = version === 2 ? ['memory.swap.max', '0'] : ['memory.memsw.limit_in_bytes', String(value)]
  if (existsSync(join(folder, swap))) write(swap, none)
}

/**
 * Makes a cgroup with a limit below the nearest of our own where that is allowed: as root, or in a part that was delegated.
 * @returns it, or why there can be none
 */
export function makeCgroup(controller: Controller, limit: number, warden: Warden): MadeCgroup | { lacks: string } {
  const own = cgroupsOf('self', controller)
  if (!own) return { lacks: `no ${controller} cgroup is mounted` }
  const { version, folders } = own
  let lacks = `no ${controller} cgroup that we are in lets us make one below it`
  for (const parent of folders) {
    // Of version 2, a controller is handed down by name.
    const handsDown =
      version === 1 || (read(join(parent, 'cgroup.subtree_control')) ?? '').split(/\s/).includes(controller)
    if (!handsDown) continue
    const folder = join(parent, `holdwater-${randomUUID().slice(0, 8)}`)
    const kept = warden.keepCgroup(folder)
    try {
      mkdirSync(folder)
      writeLimit(folder, controller, version, limit)
      if (canEnter(folder)) return { ...kept, folder, version, prefix: ['sh', '-c', ENTER, 'sh', folder] }
      lacks = `${folder} may not be entered from where we are`
    } catch (error) {
      lacks = `${folder} cannot be made (${(error as NodeJS.ErrnoException).code})`
    }
    void kept.release()
  }
  return { lacks }
}
