/**
 * What must never reach a recording or a report: passwords in URLs, and the values of environment variables and arguments
 * that look like secrets.
 */

import { existsSync } from 'node:fs'
import type { HeaderLine } from './model.ts'

const HIDDEN = '***'
export type Redact = (text: string) => string

/** Bounded, or a long line of such words would take minutes. */
const around = '[\\w.-]{0,40}'
const word = '(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature)'
const secretName = `${around}${word}s?${around}`
const quoted = `"[^"\\n]*"|'[^'\\n]*'`

/** `https://user:password@host`, up to the last `@` before the path: a password may hold one itself. */
const inUrl = /(?<![\w+.-])([a-z][\w+.-]{0,40}:\/\/)([^\s/:@'"]*):([^\s/'"]*)@/gi
/** `https://token@host`: too long for the name of a user. */
const tokenInUrl = /(?<![\w+.-])([a-z][\w+.-]{0,40}:\/\/)[^\s/:@'"]{16,}@/gi
/** `Authorization: Bearer x`, to the end of the line. */
const inHeader = /\b((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)(["']?\s*:\s*)(?!\*)[^\n]+/gi
const scheme = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/g
/** `--password=x`, `TOKEN=x`, `"secret": "x"`; what is not quoted stands close to its name, or code would be hidden, too. */
const inAssignment = new RegExp(
  `((?:^|[\\s"'{,;&?])-{0,2}["']?(?:${secretName}|sig)["']?)(\\s*[=:]\\s*(?=${quoted})|=)(${quoted}|[^\\s"',;&}]+)`,
  'gi',
)
/** `password: x1y2z3`, as a log says it: prose and types have no digits there. */
const afterColon = new RegExp(`((?:^|[\\s"'{,;&?])${secretName}:[ \\t]+)(?=\\S*\\d)\\S{4,}`, 'gi')

/** Shorter values are ordinary words, which the rest of a text may hold. */
const SHORTEST = 6
/** A line of a key of many lines is as good as the whole. */
const SHORTEST_LINE = 12
const secretVariable =
  /pass|secret|token|cred|api_?key|_pwd$|(?:^|_)(?:auth|cookie|jwt|key|pat|sig|signature|pw)(?:_|$)/i
/** A number of tokens, or where a secret is rather than what it is. */
const isNoSecret = (name: string, value: string) =>
  (/tokens$|tokenizer/i.test(name) && /^\d*$/.test(value)) ||
  /_(?:file|path|dir|sock|url|uri|host|name|type|id)$/i.test(name) ||
  (value.startsWith('/') && existsSync(value))

/** The password of an address: a variable of any name may hold one. */
function passwordOf(value: string): string[] {
  if (!value.includes('://') || !URL.canParse(value)) return []
  const { password } = new URL(value)
  return password ? [password, decodeURIComponent(password)] : []
}

/** In each of the ways that it may turn up in a text. */
const shapesOf = (value: string): string[] => [
  value,
  JSON.stringify(value).slice(1, -1),
  ...value.split('\n').filter((line) => line.trim().length >= SHORTEST_LINE),
]

/** @param env values of variables that are named like a secret are hidden wherever they turn up */
export function redactor(env: NodeJS.ProcessEnv = process.env): Redact {
  const values = Object.entries(env).flatMap(([name, value = '']) => [
    ...(secretVariable.test(name) && !isNoSecret(name, value) ? shapesOf(value) : []),
    ...passwordOf(value),
  ])
  const known = [...new Set(values)].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
  return (text) =>
    known
      .reduce((so, value) => so.replaceAll(value, HIDDEN), text)
      .replace(inUrl, `$1$2:${HIDDEN}@`)
      .replace(tokenInUrl, `$1${HIDDEN}@`)
      .replace(inHeader, `$1$2${HIDDEN}`)
      .replace(scheme, `$1 ${HIDDEN}`)
      .replace(inAssignment, `$1$2${HIDDEN}`)
      .replace(afterColon, `$1${HIDDEN}`)
}

const secretFlag = new RegExp(`^--?(?:${secretName}|pass)$`, 'i')
const userFlag = /^(?:-u|--user)$/i

/** Arguments: also `--password x` and `-u name:x`, of which only both words together tell. */
export const redactArguments = (argv: readonly string[], redact: Redact): string[] =>
  argv.map((argument, i) => {
    const before = argv[i - 1] ?? ''
    if (secretFlag.test(before)) return HIDDEN
    return userFlag.test(before) ? redact(argument).replace(/^([^:]*):.+$/, `$1:${HIDDEN}`) : redact(argument)
  })

/** What our own words stand in: a secret that is one of them must not make a recording unreadable. */
const ours = new Set(
  'line schema view level unit kind role provider phase ending name verdict outcome resource form until os arch language part cycleUnit'.split(
    ' ',
  ),
)

/** Names that others gave, by the key above them: of counts in `detail`, of the processes in `processes`. */
const named: Partial<Record<string, 'number' | 'object'>> = { detail: 'number', processes: 'object' }

/** Every text in a value but our own words. Keys are ours, too, but for those that others named. */
export function redactAll<Value>(value: Value, redact: Redact): Value {
  const within = (item: unknown, key: string, by: 'number' | 'object' | undefined): unknown => {
    if (typeof item === 'string') return ours.has(key) ? item : redact(item)
    if (Array.isArray(item)) return item.map((one) => within(one, key, by))
    if (typeof item !== 'object' || item === null) return item
    return Object.fromEntries(
      Object.entries(item).map(([name, one]) => [
        by === typeof one ? redact(name) : name,
        within(one, name, named[name] ?? (by === 'number' ? by : undefined)),
      ]),
    )
  }
  return within(value, '', undefined) as Value
}

/** By the environment of this process. */
export const redact: Redact = redactor()

/** What a recording begins with. */
export const redactHeader = (header: HeaderLine): HeaderLine => ({
  ...redactAll(header, redact),
  command: header.command && redactArguments(header.command, redact),
  argv: redactArguments(header.argv, redact),
})
