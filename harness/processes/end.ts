/** Ends what was started: a whole process group, and whatever left it but bears its mark; containers; cgroups; directories. */
import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { environmentOf, liveProcesses, procLacks } from './proc.ts'

/** A process group by its leader, 0 while there is none yet. The start time tells a number that was given out again; the mark, a stray. */
export type Group = { pid: number; startTime: string; mark: string }

const POLL_MS = 5
const PATIENCE_MS = 5000

/** Holds for a process that we started or that came of it, even one that left its group: the mark is in its environment. */
const bearsMark = (pid: number, mark: string): boolean => environmentOf(pid).includes(mark)

/** The processes of a group that live, its leader among them. */
export function membersOf({ pid, startTime, mark }: Group): number[] {
  const processes = liveProcesses()
  const leader = processes.find((process) => process.pid === pid)
  // A number is given out again once a group has ended; then another start time tells.
  const reused = leader !== undefined && leader.startTime !== startTime
  return processes
    .filter((process) => (pid > 0 && process.group === pid && !reused) || bearsMark(process.pid, mark))
    .map((process) => process.pid)
}

/** Kills every member and resolves when none is left. */
export async function endGroup(group: Group): Promise<void> {
  if (procLacks) {
    try {
      if (group.pid > 0) process.kill(-group.pid, 'SIGKILL')
    } catch {
      // already gone
    }
    return
  }
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    const members = membersOf(group)
    if (members.length === 0) return
    for (const pid of members) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // gone since it was listed
      }
    }
    await wait(POLL_MS)
  }
}

/** How to reach a container engine, as dockerode takes it. */
export type Engine = Readonly<Record<string, unknown>>
/** A container by its name. Until it is known to be `made`, its engine may be about to make it. */
export type Container = { name: string; engine: Engine; made: boolean }

const CONTAINER_POLL_MS = 100

/** Removes a container, running or not, with its volumes, and resolves when it is gone. */
export async function removeContainer({ name, engine, made }: Container): Promise<void> {
  // Loaded by whoever has a container: for all others it would be a tenth of a second for nothing.
  const { default: Dockerode } = await import('dockerode')
  const container = new Dockerode(engine).getContainer(name)
  let removed = made
  for (let waited = 0; waited < PATIENCE_MS; waited += CONTAINER_POLL_MS) {
    try {
      await container.remove({ force: true, v: true })
      removed = true
    } catch (error) {
      const { statusCode } = error as { statusCode?: number }
      if (statusCode === 404 && removed) return
      // 404: not made yet; 409: a removal is under way.
      if (statusCode !== 404 && statusCode !== 409) throw error
    }
    await wait(CONTAINER_POLL_MS)
  }
}

/** Ends what is in a cgroup, wherever else it has gone, and removes it. */
export async function removeCgroup(folder: string): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS && existsSync(folder); waited += POLL_MS) {
    try {
      for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'latin1').split('\n'))
        if (Number(pid) > 0) process.kill(Number(pid), 'SIGKILL')
      rmdirSync(folder)
      return
    } catch {
      // something in it has yet to go
    }
    await wait(POLL_MS)
  }
}

export function removeDir(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 10 })
}
