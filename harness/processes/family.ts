/** What came of a process, read again and again: of a hundred processes on the machine in half a millisecond. */
import { statSync } from 'node:fs'
import { environmentOf, isLive, listPids, MARK, procLacks, programOf, readProcessStat } from './proc.ts'

/** Whom its readings are of, itself first; and how many children it has, those among them that have ended, that nobody has waited for and that are still there two readings later. */
type Members = { pids: readonly number[]; children: number }
export type Family = {
  read(): Members
  /** Those who live, between two readings. */
  live(): readonly number[]
  /** What each of them is called; those that are gone have no name. */
  namesOf(pids: readonly number[]): Map<number, string>
}

/** The inode of its folder tells a process from a later one of its number. `isOurs`: it came of the one that is read, whoever its parent is now. */
type Known = { inode: number; parent: number; isOurs: boolean }
type Ended = { inode: number; readings: number }

/** One that is about to be waited for is gone by then. */
const LEFT_AFTER = 2

/**
 * @param tree with what came of its children, too; also what has another parent by now, a daemon say: by its session, by the mark that all that came of a process
 *   of ours has in its environment, or as it was seen before
 */
export function openFamily(of: number, { tree }: { tree: boolean }): Family {
  if (procLacks) return { read: () => ({ pids: [of], children: 0 }), live: () => [of], namesOf: () => new Map() }
  const mark = tree ? new RegExp(`${MARK}=[^\\0]+`).exec(environmentOf(of))?.[0] : undefined
  let known = new Map<number, Known>()
  let unreaped = new Map<number, Ended>()
  let names = new Map<number, { name: string; isSettled: boolean }>()
  /** All of them or, without the tree, itself and its children. */
  let members: readonly number[] = [of]
  const readOf = () => (tree ? members : [of])

  /** Reads who lives, and which of its children have ended. Whose parent another process is stays that one's until it ends: little is read of the others. */
  function refresh(): Map<number, number> {
    const listed = listPids()
    const inodes = new Map(listed.map((pid) => [pid, statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.ino]))
    const isSame = (pid: number) => inodes.get(pid) !== undefined && inodes.get(pid) === known.get(pid)?.inode
    const mayHaveEnded = new Set(members)
    const now = new Map<number, Known>()
    const ended = new Map<number, number>()
    for (const pid of listed) {
      const inode = inodes.get(pid)
      // Its own `stat` is not asked for: it takes long where it has thousands of threads.
      if (pid === of || inode === undefined) continue
      const before = isSame(pid) ? known.get(pid) : undefined
      const isOther = before && !mayHaveEnded.has(before.parent) && !before.isOurs
      if (isOther && (before.parent === 0 || isSame(before.parent))) {
        now.set(pid, before)
        continue
      }
      const stat = readProcessStat(pid)
      if (stat && isLive(stat)) {
        const isOurs = tree && (before !== undefined ? mayHaveEnded.has(pid) : isFollowed(stat))
        now.set(pid, { inode, parent: stat.parent, isOurs })
      } else if (stat?.parent === of) ended.set(pid, inode)
    }
    known = now
    const children = Map.groupBy(now.keys(), (pid) => now.get(pid)?.parent)
    members = tree ? treeOf(children) : [of, ...(children.get(of) ?? [])]
    return ended
  }

  const isFollowed = ({ pid, session }: { pid: number; session: number }): boolean =>
    session === of || (mark !== undefined && environmentOf(pid).includes(mark))

  function treeOf(children: ReadonlyMap<number | undefined, number[]>): number[] {
    const left = [...known].flatMap(([pid, { isOurs }]) => (isOurs ? [pid] : []))
    // A set, as processes come and go while they are read: one that was given the number of its own forebear is in it once.
    const all = new Set([of, ...left])
    for (const one of all) for (const child of children.get(one) ?? []) all.add(child)
    return [...all]
  }

  return {
    read() {
      const ended = refresh()
      const seen = (pid: number, inode: number) => {
        const before = unreaped.get(pid)
        return before?.inode === inode ? before.readings + 1 : 0
      }
      unreaped = new Map([...ended].map(([pid, inode]) => [pid, { inode, readings: seen(pid, inode) }]))
      const left = [...unreaped.values()].filter(({ readings }) => readings >= LEFT_AFTER).length
      return { pids: readOf(), children: members.length - 1 + left }
    },
    namesOf(pids) {
      const named = pids.flatMap((pid) => {
        const before = names.get(pid)
        const name = before?.isSettled ? before.name : programOf(pid)
        // A child becomes its program after it was made.
        return name === null ? [] : [[pid, { name, isSettled: before?.name === name }] as const]
      })
      names = new Map(named)
      return new Map(named.map(([pid, { name }]) => [pid, name]))
    },
    live() {
      if (tree) refresh()
      return readOf()
    },
  }
}
