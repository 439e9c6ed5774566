/**
 * The warden: a small detached process that outlives holdwater for as long as it takes to clean up after it. Its
 * stdin is a pipe from the harness. Told of a process group or a directory, it keeps it; told to release it, it
 * removes it; when the pipe closes, however the harness died, it removes all it still keeps.
 *
 * One line of JSON each way: `{"keep":1,"group":{…}}`, `{"keep":2,"dir":"…"}`, `{"release":1}` → `{"done":1}`.
 */
import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { liveProcesses } from './proc.ts'
import type { WardenLine } from './warden.ts'

type Group = { pid: number; startTime: string; mark: string }
const kept = new Map<number, { group: Group } | { dir: string }>()

const POLL_MS = 5
const PATIENCE_MS = 5000

/** Holds for a process that we started or that came of it, even one that left its group: the mark is in its environment. */
function bearsMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)
  } catch {
    return false // gone, or not ours to read
  }
}

function membersOf({ pid, startTime, mark }: Group): number[] {
  const processes = liveProcesses()
  const leader = processes.find((process) => process.pid === pid)
  // A number is given out again once a group has ended; then another start time tells.
  const reused = leader !== undefined && leader.startTime !== startTime
  return processes
    .filter((process) => (process.group === pid && !reused) || bearsMark(process.pid, mark))
    .map((process) => process.pid)
}

async function endGroup(group: Group): Promise<void> {
  if (process.platform !== 'linux') {
    try {
      process.kill(-group.pid, 'SIGKILL')
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

async function remove(id: number): Promise<void> {
  const what = kept.get(id)
  if (!what) return
  if ('group' in what) await endGroup(what.group)
  else rmSync(what.dir, { recursive: true, force: true, maxRetries: 10 })
  kept.delete(id)
}

const lines = createInterface({ input: process.stdin })
process.stdout.on('error', () => {}) // the harness may be gone
process.stdout.write('{"ready":true}\n')
for await (const text of lines) {
  const line = JSON.parse(text) as WardenLine
  if ('release' in line) {
    await remove(line.release)
    process.stdout.write(`${JSON.stringify({ done: line.release })}\n`)
  } else {
    kept.set(line.keep, 'dir' in line ? { dir: line.dir } : { group: line.group })
  }
}
// Processes first: they may be writing into the directories.
for (const [id, what] of kept) if ('group' in what) await remove(id)
for (const id of [...kept.keys()]) await remove(id)
