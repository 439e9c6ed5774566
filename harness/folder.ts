/** Folders that results go to. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { messageOf, UsageError } from './errors.ts'

/** Folder by folder: Node's recursive mkdir never returns where the file system says ENOENT, as /proc does. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

/** @throws UsageError when nothing can be written there */
export function openFolder(out: string): void {
  try {
    makeFolder(resolve(out))
    // Permissions do not tell root, nor of a full or read-only disk: only a write does.
    const trial = join(out, `.holdwater-${process.pid}`)
    writeFileSync(trial, '')
    rmSync(trial)
  } catch (error) {
    throw new UsageError(`--out ${out}: expected a folder that can be written to, got: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
