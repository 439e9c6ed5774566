/**
 * Text that others wrote, as text: titles, thread names, paths and last words may hold colours of a terminal, control
 * characters, marks that turn the direction of writing, halves of characters, or a megabyte in a line. Made plain once, for
 * every format.
 */
import { stripVTControlCharacters } from 'node:util'
import type { Report } from '../harness/model.ts'

/** Longer texts, and longer lines, are cut: nobody reads on. */
const LONGEST_LINE = 2000
const LONGEST = 20_000

const CONTROL_PICTURES = 0x2400
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/** Marks that turn or isolate the direction of writing, and what is no character at all. */
const invisible = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]/g

const picture = (character: string): string => {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code)
  return code === 0x7f ? '\u2421' : named(character)
}
const named = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const cut = (text: string, most: number): string =>
  text.length <= most
    ? text
    : `${text
        .slice(0, most)
        .toWellFormed()
        .replace(/\ufffd$/, '')} … and ${(text.length - most).toLocaleString('en')} more characters`

/** Every character shows, and none does anything. Lines stay lines. */
export const plain = (text: string): string =>
  cut(
    stripVTControlCharacters(text.length > 2 * LONGEST ? cut(text, 2 * LONGEST) : text)
      .replaceAll('\r\n', '\n')
      .toWellFormed()
      .replace(control, picture)
      .replace(invisible, named)
      .split('\n')
      .map((line) => cut(line, LONGEST_LINE))
      .join('\n'),
    LONGEST,
  )

/** On one line. */
export const plainLine = (text: string): string => plain(text).replaceAll('\n', ' ⏎ ')

/** What has lines of its own. */
const hasLines = new Set(['reason', 'stderrTail', 'stack'])

function plainAll(value: unknown, key: string): unknown {
  if (typeof value === 'string') return hasLines.has(key) ? plain(value) : plainLine(value)
  if (Array.isArray(value)) return value.map((item) => plainAll(item, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [plainLine(name), plainAll(item, name)]))
}

/** Every text in a value, keys included. */
export const plainValue = <Value>(value: Value): Value => plainAll(value, '') as Value

/** For reports that people read; results.json has what there was. Recordings are read for their numbers, and what holds names there is made plain where it is shown. */
export const plainReport = ({ results, recordings }: Report): Report => ({
  results: plainValue(results),
  recordings: new Map([...recordings].map(([scenario, recording]) => [plainLine(scenario), recording])),
})
