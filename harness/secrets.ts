/**
 * What must never reach a recording or a report: passwords in URLs, and the values of environment variables and arguments
 * that look like secrets.
 */

const HIDDEN = '***'

const secretName = String.raw`[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|bearer)s?[\w.-]*`

/** `https://user:password@host`, up to the last `@` before the path: a password may hold one itself. */
const inUrl = /(?<![\w+.-])([a-z][\w+.-]*:\/\/)([^\s/:@'"]*):([^\s/'"]*)@/gi
/** `--password=x`, `TOKEN=x`, `"secret": "x"`; what is not quoted stands close to its name, or code would be hidden, too. */
const inAssignment = new RegExp(
  String.raw`((?:^|[\s"'{,;&?])-{0,2}["']?${secretName}["']?)(\s*[=:]\s*(?="[^"\n]*"|'[^'\n]*')|=)("[^"\n]*"|'[^'\n]*'|[^\s"',;&}]+)`,
  'gi',
)
/** `Authorization: Bearer x` has two words. */
const inHeader = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi

/** Shorter values are ordinary words, which the rest of a text may hold. */
const SHORTEST = 6
const isSecretName = new RegExp(secretName, 'i')
/** A number of tokens, a path to credentials. */
const isNoSecret = (name: string, value: string) => /tokens$|tokenizer/i.test(name) || /^(\d*|\/.*)$/.test(value)

export type Redact = (text: string) => string

/** @param env values of variables that are named like a secret are hidden wherever they turn up */
export function redactor(env: NodeJS.ProcessEnv = process.env): Redact {
  const values = Object.entries(env)
    .flatMap(([name, value]) =>
      value && value.length >= SHORTEST && isSecretName.test(name) && !isNoSecret(name, value) ? [value] : [],
    )
    .sort((a, b) => b.length - a.length)
  return (text) => {
    const without = values.reduce((so, value) => so.replaceAll(value, HIDDEN), text)
    return without
      .replace(inUrl, `$1$2:${HIDDEN}@`)
      .replace(inHeader, `$1 ${HIDDEN}`)
      .replace(inAssignment, `$1$2${HIDDEN}`)
  }
}

const isSecretFlag = new RegExp(`^--?${secretName}$`, 'i')

/** Arguments: also `--password x`, of which only both words together tell. */
export const redactArguments = (argv: readonly string[], redact: Redact): string[] =>
  argv.map((word, i) => (isSecretFlag.test(argv[i - 1] ?? '') ? HIDDEN : redact(word)))

/** Every text in a value, keys included. */
export function redactAll<Value>(value: Value, redact: Redact): Value {
  if (typeof value === 'string') return redact(value) as Value
  if (Array.isArray(value)) return value.map((item) => redactAll(item, redact)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactAll(item, redact)])) as Value
}

/** By the environment of this process. */
export const redact: Redact = redactor()
