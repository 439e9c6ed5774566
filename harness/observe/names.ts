/** What a process holds, by name: its threads, what its descriptors lead to, whom its sockets talk to, its children. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { liveProcesses, procLacks } from '../processes/proc.ts'
import { countSocketPeers } from './descriptors.ts'

export type Names = {
  threads: string[]
  /** Descriptors that are no sockets. */
  paths: string[]
  /** Sockets by protocol, state and remote address. */
  peers: Record<string, number>
  children: string[]
}

/** What one entry says, unless it was gone before it was asked. */
const ifThere = <T>(read: () => T): T[] => {
  try {
    return [read()]
  } catch {
    return []
  }
}

/** @throws where there is no /proc, or no such process */
export function readNames(pid: number): Names {
  if (procLacks) throw new Error(procLacks)
  const proc = `/proc/${pid}`
  const nameOf = (folder: string) => ifThere(() => readFileSync(`${folder}/comm`, 'utf8').trim())
  const links = readdirSync(`${proc}/fd`).flatMap((fd) => ifThere(() => readlinkSync(`${proc}/fd/${fd}`)))
  return {
    threads: readdirSync(`${proc}/task`).flatMap((tid) => nameOf(`${proc}/task/${tid}`)),
    paths: links.filter((link) => !link.startsWith('socket:')),
    peers: countSocketPeers(pid),
    children: liveProcesses()
      .filter(({ parent }) => parent === pid)
      .flatMap((child) => nameOf(`/proc/${child.pid}`)),
  }
}
