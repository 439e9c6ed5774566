/** The harness's end of the warden: what is kept here is removed however the harness ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EnvironmentError } from '../errors.ts'
import { type Container, type Engine, endGroup, type Group, removeCgroup, removeContainer, removeDir } from './end.ts'
import { readProcessStat } from './proc.ts'
import { programBeside } from './program.ts'
import { within } from './within.ts'

export type WardenLine =
  | { keep: number; group: Group }
  | { keep: number; dir: string }
  | { keep: number; cgroup: string }
  | { keep: number; container: Container }
  | { release: number }

/** Something the warden keeps; releasing it ends or removes it and resolves when it is gone. */
export type Kept = AsyncDisposable & { release(): Promise<void> }

export type Warden = {
  /** Keeps what will bear a mark, before it is started; `lead` then names the leader of its group. */
  keepGroup(mark: string): Kept & { lead(pid: number): Group }
  /** Keeps a container by the name it will have, before it is made; `made` says that there is one. */
  keepContainer(name: string, engine: Engine): Kept & { made(): void }
  /** Keeps a cgroup by its folder, before it is made. */
  keepCgroup(folder: string): Kept
  /** Makes a directory and keeps it. */
  makeDir(name: string): Kept & { path: string }
  /** Removes all that is still kept and ends the warden. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A mark of its own for one process tree. */
export const newMark = () => randomUUID()

/** How long the warden may say nothing: what it ends and removes takes seconds. */
const PATIENCE_MS = 60_000

/**
 * Starts the warden. It comes first: nothing that could be left behind is started before it.
 * @param patienceMs how long it is waited for from then on
 */
export async function startWarden({ patienceMs = PATIENCE_MS } = {}): Promise<Warden> {
  const file = programBeside(import.meta.url, 'warden-process')
  const child: ChildProcess = spawn(process.execPath, [file], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('the warden was started without pipes')
  stdin.on('error', () => {}) // a warden that died is noticed where it is waited for
  const waiting = new Map<number, () => void>()
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => {
      reject(new EnvironmentError('The warden, which cleans up after holdwater, could not be started.'))
      for (const done of waiting.values()) done()
    })
    createInterface({ input: stdout }).on('line', (text) => {
      const line = JSON.parse(text) as { ready: true } | { done: number }
      if ('ready' in line) resolve()
      else waiting.get(line.done)?.()
    })
  })
  await within(PATIENCE_MS, ready, () => {
    child.kill('SIGKILL')
    return new EnvironmentError(
      `The warden, which cleans up after holdwater, did not start within ${PATIENCE_MS / 1000} s.`,
    )
  })
  let last = 0
  const say = (line: WardenLine) => stdin.write(`${JSON.stringify(line)}\n`)
  const wardenIsGone = () => child.exitCode !== null || child.signalCode !== null
  /** @param instead does the warden's work where somebody has killed it, or halted it */
  const keep = (id: number, instead: () => unknown): Kept => {
    let released: Promise<void> | undefined
    const release = () => (released ??= remove())
    const remove = async () => {
      let isDone = false
      if (!wardenIsGone()) {
        const { promise: done, resolve } = Promise.withResolvers<void>()
        waiting.set(id, resolve)
        say({ release: id })
        isDone = await within(patienceMs, done, () => new Error('late')).then(
          () => !wardenIsGone(),
          () => false,
        )
        waiting.delete(id)
      }
      if (!isDone) await instead()
    }
    return { release, [Symbol.asyncDispose]: release }
  }

  return {
    keepGroup(mark) {
      const id = ++last
      let group: Group = { pid: 0, startTime: '', mark }
      say({ keep: id, group })
      return {
        ...keep(id, () => endGroup(group)),
        lead(pid) {
          group = { pid, startTime: readProcessStat(pid)?.startTime ?? '', mark }
          say({ keep: id, group })
          return group
        },
      }
    },
    keepContainer(name, engine) {
      const id = ++last
      let container: Container = { name, engine, made: false }
      say({ keep: id, container })
      return {
        ...keep(id, () => removeContainer(container)),
        made() {
          container = { ...container, made: true }
          say({ keep: id, container })
        },
      }
    },
    keepCgroup(cgroup) {
      const id = ++last
      say({ keep: id, cgroup })
      return keep(id, () => removeCgroup(cgroup))
    },
    makeDir(name) {
      const id = ++last
      // Named first, made second: a name that was kept in vain costs nothing.
      const path = join(tmpdir(), `holdwater-${name}-${randomUUID().slice(0, 8)}`)
      say({ keep: id, dir: path })
      mkdirSync(path, { mode: 0o700 })
      return { path, ...keep(id, () => removeDir(path)) }
    },
    async [Symbol.asyncDispose]() {
      stdin.end()
      if (wardenIsGone()) return
      // It outlives us where it has to: whatever keeps it, it goes on by itself.
      await within(patienceMs, once(child, 'exit'), () => new Error('late')).catch(() => {
        child.unref()
        stdin.destroy()
        stdout.destroy()
      })
    },
  }
}
