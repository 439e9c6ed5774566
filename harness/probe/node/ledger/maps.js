// Frames where a person wrote them, if Node knows a source map of their file.
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { pathOf } from './capture.js'

/** @typedef {import('../../../model.ts').Frame} Frame */
/** @typedef {{ file: string, at: number, first: number, text: string[] }} Source */

const AROUND = 2

/** @param {Frame} frame @param {Map<string, Source>} sources gets the lines around it, where the file itself is not there @returns {Frame} */
export function mapped(frame, sources) {
  try {
    const map = nodeModule.findSourceMap?.(frame.file)
    const entry = map?.findEntry(frame.line - 1, frame.column - 1)
    if (!map || !entry || !('originalSource' in entry)) return frame
    const { originalSource, originalLine, originalColumn } = entry
    const file = pathOf(originalSource)
    const place = { ...frame, file, line: originalLine + 1, column: originalColumn + 1 }
    const key = `${file}:${place.line}`
    if (!sources.has(key) && !existsSync(file)) {
      const { sources: names, sourcesContent } = map.payload
      const index = names.findIndex(
        (name) => originalSource === name || originalSource.endsWith(name.replace(/^(\.\.?\/)+/, '')),
      )
      const lines = sourcesContent?.[index]?.split(/\r?\n/)
      const first = Math.max(1, place.line - AROUND)
      if (lines) sources.set(key, { file, at: place.line, first, text: lines.slice(first - 1, place.line + AROUND) })
    }
    return place
  } catch {
    return frame
  }
}
