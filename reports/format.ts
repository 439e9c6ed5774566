/** Numbers as people read them, the same in every report. */
import type { Unit } from '../harness/model.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** 12345 → 12,345 */
export const count = (value: number): string => whole.format(value)

const sizes = ['B', 'kB', 'MB', 'GB', 'TB']

/** 1 kB is 1,024 bytes, as in budgets. */
function size(bytes: number): string {
  if (bytes < 0) return `−${size(-bytes)}`
  const power = bytes === 0 ? 0 : Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(bytes)) / 10)))
  const value = bytes / 1024 ** power
  return `${Math.abs(value) < 10 && power > 0 ? value.toFixed(1) : whole.format(value)} ${sizes[power]}`
}

export const amount = (value: number, unit: Unit): string => (unit === 'bytes' ? size(value) : count(value))

/** Growth per cycle: 1.00, 0.0031, or a size. */
export function rate(value: number, unit: Unit): string {
  if (unit === 'bytes') return value > 0 && value < 1 ? 'under 1 B' : size(value)
  if (value === 0) return '0'
  if (value < 0) return `−${rate(-value, unit)}`
  return Math.abs(value) >= 0.1 ? value.toFixed(2) : value.toPrecision(2)
}

/** 0.001 → one in 1,000 cycles; 3 → 3 per cycle */
export const oneIn = (perCycle: number): string =>
  perCycle > 1 ? `${count(Math.ceil(perCycle))} per cycle` : `one in ${plural(Math.ceil(1 / perCycle), 'cycle')}`

/** What is said of cycles, where a cycle is a stretch of time. */
export const inUnit = (text: string, unit: 'cycle' | 'minute' | 'second'): string =>
  unit === 'cycle' ? text : text.replace(/\bcycle(s?)\b/g, `${unit}$1`)

/** 81234 → 1 min 21 s */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms > 0 && ms < 50) return `${Math.round(ms)} ms`
  if (seconds < 60) return ms < 10_000 ? `${Number((ms / 1000).toFixed(1))} s` : `${seconds} s`
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (h >= 24) return h >= 24 * 365 ? `${count(h / 24 / 365)} years` : `${Math.floor(h / 24)} d ${h % 24} h`
  return h > 0 ? `${h} h ${m} min` : `${m} min ${s} s`
}

export const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? '' : 's'}`

/** A difference with its sign: +12, −3. */
export const signed = (value: number, unit: Unit): string => `${value < 0 ? '−' : '+'}${amount(Math.abs(value), unit)}`

const blocks = '▁▂▃▄▅▆▇█'

/** A series as a line of blocks, `width` characters at most. */
export function sparkline(values: readonly number[], width: number): string {
  const step = Math.max(1, values.length / width)
  const shown = Array.from({ length: Math.min(width, values.length) }, (_, i) => values[Math.floor(i * step)] as number)
  const low = Math.min(...shown)
  const span = Math.max(...shown) - low
  return shown.map((v) => blocks[span === 0 ? 0 : Math.round(((v - low) / span) * (blocks.length - 1))]).join('')
}

/** a, b and c */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** With a capital, and a full stop where none is. */
export const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
