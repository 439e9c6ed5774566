/** Processes as /proc lists them. */
import { readdirSync, readFileSync } from 'node:fs'

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

/** Every process there is; a zombie (state Z) counts as gone. */
export function liveProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcessStat(Number(name)))
    .filter((stat) => stat !== null && stat.state !== 'Z' && stat.state !== 'X') as ProcessStat[]
}
