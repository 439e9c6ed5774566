/**
 * The warden: a small detached process that outlives holdwater for as long as it takes to clean up after it. Its
 * stdin is a pipe from the harness. Told of a process group, a container, a cgroup or a directory, it keeps it; told to release it, it
 * removes it; when the pipe closes, however the harness died, it removes all it still keeps.
 *
 * One line of JSON each way: `{"keep":1,"group":{…}}`, `{"keep":2,"dir":"…"}`, `{"release":1}` → `{"done":1}`.
 */
import { createInterface } from 'node:readline'
import { type Container, endGroup, type Group, removeCgroup, removeContainer, removeDir } from './end.ts'
import type { WardenLine } from './warden.ts'

const kept = new Map<number, { group: Group } | { container: Container } | { cgroup: string } | { dir: string }>()

async function remove(id: number): Promise<void> {
  const what = kept.get(id)
  if (!what) return
  kept.delete(id)
  try {
    if ('group' in what) await endGroup(what.group)
    else if ('container' in what) await removeContainer(what.container)
    else if ('cgroup' in what) await removeCgroup(what.cgroup)
    else removeDir(what.dir)
  } catch (error) {
    // One thing that cannot be removed keeps nothing else from it.
    process.stderr.write(`holdwater could not clean up: ${error}\n`)
  }
}

/** A harness that was killed in the middle of a line has no more to say. */
function parse(text: string): WardenLine | null {
  try {
    return JSON.parse(text) as WardenLine
  } catch {
    return null
  }
}

const lines = createInterface({ input: process.stdin })
process.stdout.on('error', () => {}) // the harness may be gone
process.stdout.write('{"ready":true}\n')
for await (const text of lines) {
  const line = parse(text)
  if (!line) break
  if ('release' in line) {
    await remove(line.release)
    process.stdout.write(`${JSON.stringify({ done: line.release })}\n`)
  } else {
    kept.set(line.keep, line)
  }
}
// Processes first: they may be writing into the directories, and a cgroup has to be empty.
for (const [id, what] of kept) if ('group' in what || 'container' in what) await remove(id)
for (const id of [...kept.keys()]) await remove(id)
