/**
 * The ledger of a Python target. Its probe (harness/probe/python/sitecustomize.py) appends what it sees being made to a
 * file; what of it still lives, the kernel says.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readlinkSync, readSync, statSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Frame, LedgerEntry } from '../model.ts'
import type { InnerLedger } from './target.ts'

const probe = fileURLToPath(new URL('../probe/python', import.meta.url))

/** What a program gets in its environment to be explained, if it is Python. @param dir scratch directory */
export function pythonProbe(dir: string, env: NodeJS.ProcessEnv): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = join(dir, 'holdwater-ledger')
  mkdirSync(folder, { recursive: true })
  const path = env.PYTHONPATH ? `${probe}${delimiter}${env.PYTHONPATH}` : probe
  return { folder, env: { PYTHONPATH: path, HOLDWATER_LEDGER: folder } }
}

/** Where the kernel shows a thing, and of a descriptor device and inode: a number that is given out again is another thing. */
type Made = { kind: string; stack: number; path: string; inode: string | null }

const isLive = ({ path, inode }: Made): boolean => {
  if (inode === null) return existsSync(path)
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}` === inode
  } catch {
    return false
  }
}

/** Reads what a file has grown by, in whole lines. */
function openLines(path: string): () => string[] {
  let at = 0
  let rest = ''
  return () => {
    const fd = openSync(path, 'r')
    try {
      const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - at))
      at += readSync(fd, buffer, 0, buffer.length, at)
      const lines = (rest + buffer.toString('utf8')).split('\n')
      rest = lines.pop() ?? ''
      return lines
    } finally {
      closeSync(fd)
    }
  }
}

export function openPythonLedger(pid: number, folder: string): () => Promise<InnerLedger> {
  const file = join(folder, `${pid}.ledger`)
  const lines = openLines(file)
  const made = new Map<string, Made>()
  return async () => {
    if (!existsSync(file)) return { entries: [], stacks: [], sources: [], unread: whyNot(pid) }
    const stacks: InnerLedger['stacks'][number][] = []
    for (const line of lines()) {
      const [what = '', stack = '', ...fields] = line.split('\t')
      if (what === 'stack') stacks.push({ id: Number(stack), language: 'python', frames: framesOf(fields) })
      else if (what === 'probe') continue
      else if (what === 'thread') note('thread', stack, `/proc/${pid}/task/${fields[0]}`, null)
      else note(what, stack, `/proc/${pid}/fd/${fields[0]}`, fields[1] ?? '')
    }
    const counts = new Map<string, LedgerEntry>()
    for (const [path, thing] of made) {
      if (!isLive(thing)) {
        made.delete(path)
        continue
      }
      const key = `${thing.kind}|${thing.stack}`
      const entry = counts.get(key)
      if (entry) entry.count++
      else counts.set(key, { kind: thing.kind, what: null, stack: thing.stack, count: 1 })
    }
    return { entries: [...counts.values()], stacks, sources: [], unread: null }
  }
  function note(kind: string, stack: string, path: string, inode: string | null) {
    made.set(path, { kind, stack: Number(stack), path, inode })
  }
}

/** File, line and function, again and again. */
const framesOf = (fields: readonly string[]): Frame[] =>
  Array.from({ length: Math.floor(fields.length / 3) }, (_, i) => ({
    file: fields[3 * i] ?? '',
    line: Number(fields[3 * i + 1]),
    column: 0,
    function: fields[3 * i + 2] ?? '',
  }))

/** Why a Python has no ledger; null for a program in another language, of which nobody expects one. */
function whyNot(pid: number): string | null {
  let program: string
  try {
    program = basename(readlinkSync(`/proc/${pid}/exe`))
  } catch {
    return null
  }
  return /^python/i.test(program)
    ? `where ${program} makes what it holds: it loaded no sitecustomize, as with -I, -E or -S, or without the module site`
    : null
}
