/** A file is replaced whole or not at all: a full disk, or an end in the middle, leaves the one that was there. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { makeFolder } from '../folder.ts'

export function replaceFile(path: string, text: string): void {
  makeFolder(resolve(dirname(path)))
  const beside = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(beside, text)
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
