/** Processes as /proc lists them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'

/** One process of /proc: `4711 (name) S 4700 4711 …`; the name may hold spaces and parentheses. */
export type ProcessStat = { pid: number; state: string; parent: number; group: number; startTime: string }

export function readProcessStat(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      pid,
      state: fields[0] ?? '?',
      parent: Number(fields[1]),
      group: Number(fields[2]),
      startTime: fields[19] ?? '',
    }
  } catch {
    return null
  }
}

const listPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

const isLive = ({ state }: ProcessStat): boolean => state !== 'Z' && state !== 'X'

/** Holds when no thread of a process runs any more: it was told to stop and has, or it has left. */
export function isStopped(pid: number): boolean {
  try {
    // A thread has a folder by its own number, too.
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readProcessStat(Number(thread)))
    return threads.every((stat) => stat === null || stat.state === 'T' || !isLive(stat))
  } catch {
    return true
  }
}

/** Where there is no /proc (macOS, Windows, a container that hides it): what it takes. */
export const procLacks: string | null = existsSync('/proc/self/stat')
  ? null
  : `needs /proc, which ${process.platform === 'linux' ? 'is not mounted here' : `${process.platform} does not have`}`

/** A line of /proc/PID/status: `Threads:\t7` or `VmRSS:\t  52100 kB`. */
export const statusField = (status: string, name: string): number | null => {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)
  return match ? Number(match[1]) : null
}

/** What was read of processes that lived: who its parent was, and the number that tells it from a later one of its pid. */
let known = new Map<number, { inode: number; parent: number }>()
/** Children that have ended and that nobody has waited for: how many readings ago each was first seen so. */
let unreaped = new Map<number, { inode: number; readings: number }>()
/** One that is about to be waited for is gone by then. */
const LEFT_AFTER = 2

/** What came of a process: those that live, itself first, and how many of its children have ended, nobody has waited for and are still there two readings later. */
export type Family = { pids: number[]; unreaped: number }

/**
 * Reads what came of a process: its children, and with `tree` theirs, too. Of the others on the machine little is read: whose parent another one is
 * stays that one's until it ends. A hundred processes take 0.4 ms instead of 2. Its own `stat` is not asked for: it takes long where it has thousands of threads.
 */
export function readFamily(of: number, { tree }: { tree: boolean }): Family {
  const pids = listPids()
  // A number is given again: only with its inode it tells the process that it was.
  const inodes = new Map(pids.map((pid) => [pid, statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.ino]))
  const isSame = (pid: number) => inodes.get(pid) !== undefined && inodes.get(pid) === known.get(pid)?.inode
  const mayHaveEnded = tree ? new Set(treeOf(of, known)) : new Set([of])
  const now: typeof known = new Map()
  const ended: typeof unreaped = new Map()
  for (const pid of pids) {
    const inode = inodes.get(pid)
    if (pid === of || inode === undefined) continue
    const before = known.get(pid)
    const stays =
      before !== undefined &&
      isSame(pid) &&
      !mayHaveEnded.has(before.parent) &&
      (before.parent === 0 || isSame(before.parent))
    const stat = stays ? null : readProcessStat(pid)
    if (stays) now.set(pid, before)
    else if (stat && isLive(stat)) now.set(pid, { inode, parent: stat.parent })
    else if (stat?.parent === of) {
      const seen = unreaped.get(pid)
      ended.set(pid, { inode, readings: seen?.inode === inode ? seen.readings + 1 : 0 })
    }
  }
  known = now
  unreaped = ended
  const children = [...now].filter(([, { parent }]) => parent === of).map(([pid]) => pid)
  return {
    pids: tree ? treeOf(of, now) : [of, ...children],
    unreaped: [...ended.values()].filter(({ readings }) => readings >= LEFT_AFTER).length,
  }
}

/** Every process that came of another, itself first. */
function treeOf(of: number, processes: typeof known): number[] {
  const children = Map.groupBy(processes.keys(), (pid) => processes.get(pid)?.parent)
  // A set, as processes come and go while they are read: one that was given the number of its own forebear is in it once.
  const pids = new Set([of])
  for (const one of pids) for (const child of children.get(one) ?? []) pids.add(child)
  return [...pids]
}

/** Every task of a user, which is what RLIMIT_NPROC counts. */
export function tasksOf(uid: number): number {
  let tasks = 0
  for (const pid of listPids()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1')
      if (statusField(status, 'Uid') === uid) tasks += statusField(status, 'Threads') ?? 0
    } catch {
      // gone since it was listed
    }
  }
  return tasks
}

/** Every process there is; a zombie (state Z) counts as gone. */
export function liveProcesses(): ProcessStat[] {
  return listPids()
    .map(readProcessStat)
    .filter((stat) => stat !== null)
    .filter(isLive)
}
