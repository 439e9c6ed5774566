/** The lines of source around a frame, as they are when the run is over. */
import { readFileSync } from 'node:fs'
import type { Frame, SourceLine } from '../model.ts'

const AROUND = 2
/** Of a line that no person wrote, what surrounds the column. */
const WIDEST = 160

/** @returns null where the file cannot be read, or has no such line any more */
function sourceOf({ file, line: at, column }: Frame, texts: Map<string, string[] | null>): SourceLine | null {
  if (!texts.has(file)) texts.set(file, linesOf(file))
  const text = texts.get(file)
  if (!text || at < 1 || at > text.length) return null
  const first = Math.max(1, at - AROUND)
  const cut = (line: string, i: number) => {
    if (line.length <= WIDEST) return line
    const from = first + i === at ? Math.max(0, Math.min(column - WIDEST / 2, line.length - WIDEST)) : 0
    return `${from > 0 ? '…' : ''}${line.slice(from, from + WIDEST)}${from + WIDEST < line.length ? '…' : ''}`
  }
  return { line: 'source', file, at, first, text: text.slice(first - 1, at + AROUND).map(cut) }
}

function linesOf(file: string): string[] | null {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)
  } catch {
    return null
  }
}

/** Sources of frames, each place once. */
export function sourcesOf(frames: Iterable<Frame>): SourceLine[] {
  const texts = new Map<string, string[] | null>()
  const places = new Map<string, Frame>()
  for (const frame of frames) places.set(`${frame.file}:${frame.line}`, frame)
  return [...places.values()].flatMap((frame) => sourceOf(frame, texts) ?? [])
}
