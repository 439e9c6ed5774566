/** Processes as /proc lists them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** One process of /proc: `4711 (name) S 4700 4711 …`; the name may hold spaces and parentheses. */
export type ProcessStat = {
  pid: number
  state: string
  parent: number
  group: number
  session: number
  startTime: string
}

export function readProcessStat(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      pid,
      state: fields[0] ?? '?',
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      startTime: fields[19] ?? '',
    }
  } catch {
    return null
  }
}

export const listPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

export const isLive = ({ state }: ProcessStat): boolean => state !== 'Z' && state !== 'X'

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

/** Every process that we start has a mark of its own in its environment, and so has what comes of it. */
export const MARK = 'HOLDWATER_MARK'

/** The environment of a process, as it was when its program began; empty of one that is gone, or not ours to read. */
export function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

/** Longer ones are titles that a program gave itself. */
const LONGEST_NAME = 40

/** What a process runs: its program and, of an interpreter, its script; null of one that is gone. */
export function programOf(pid: number): string | null {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return programIn(words).join(' ').slice(0, LONGEST_NAME) || null
  } catch {
    return null
  }
}

/** Programs of which the file that they run says more. */
const INTERPRETER = /^(node|python[\d.]*|java|ruby|perl|deno|bun|bash|sh)$/

/** The program of a command line and, of an interpreter, its script. Of its other words nothing is told: they may be secret. */
export function programIn([program = '', ...rest]: readonly string[]): string[] {
  const at = rest.findIndex((word) => !word.startsWith('-'))
  // What follows -c or -e is the program itself.
  const isFile = INTERPRETER.test(basename(program)) && !/^-(c|e|p|-eval|-print)$/.test(rest[at - 1] ?? '')
  const script = isFile ? rest[at] : undefined
  return [program, ...(script ? [script] : [])].map((path) => basename(path))
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
