// Loads a scenario file and turns both its forms, `export default defineScenario({…})` and a plain module that exports
// `cycle(index)`, into one.
import { pathToFileURL } from 'node:url'

/** @typedef {import('../../scenario/scenario.ts').CommandScenario<any>} CommandScenario */
/** @typedef {Omit<import('../../scenario/scenario.ts').CycleScenario<any>, 'command' | 'load'> & Partial<Pick<CommandScenario, 'command' | 'load'>>} Scenario */
/** @typedef {import('../../scenario/scenario.ts').CycleContext<any>} CycleContext */

/** @param {unknown} value */
const isObject = (value) => typeof value === 'object' && value !== null

/**
 * @param {string} file
 * @returns {Promise<{ form: 'scenario' | 'module', fields: Record<string, any> }>}
 */
export async function loadScenario(file) {
  const exported = await import(pathToFileURL(file).href)
  const main = exported.default
  // A CommonJS module's exports arrive as `default` and by name: its title tells a scenario from a plain module.
  if (isObject(main) && ('title' in main || !('cycle' in exported))) return { form: 'scenario', fields: { ...main } }
  if (typeof exported.cycle === 'function') return { form: 'module', fields: { ...exported } }
  const names = Object.keys(exported)
  throw new Error(
    `expected a default export of defineScenario({…}) or an exported function cycle(index), got ${
      names.length === 0 ? 'no exports' : `exports named ${names.join(', ')}`
    }`,
  )
}

const moduleFunctions = ['cycle', 'setup', 'drain', 'teardown', 'serverState']

/**
 * What `describe` sends. A plain module may export anything else besides, which is nobody's business.
 * @param {'scenario' | 'module'} form
 * @param {Record<string, any>} fields
 */
export function describeFields(form, fields) {
  const told = form === 'scenario' ? Object.keys(fields) : moduleFunctions.filter((name) => name in fields)
  return Object.fromEntries(told.map((name) => [name, describeValue(fields[name])]))
}

const DEEPEST = 4

/**
 * Plain values as they are, everything else as what it is.
 * @param {unknown} value
 * @param {number} [depth]
 * @returns {unknown}
 */
function describeValue(value, depth = 0) {
  if (typeof value === 'function') return { $function: value.name }
  if (value instanceof RegExp) return { $regexp: value.source, flags: value.flags }
  if (depth > DEEPEST) return { $other: 'too deep to tell' }
  if (Array.isArray(value)) return value.map((entry) => describeValue(entry, depth + 1))
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(/** @type {object} */ (value)).map(([k, v]) => [k, describeValue(v, depth + 1)]),
    )
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
  return typeof value === 'bigint' || typeof value === 'symbol' ? { $other: String(value) } : value
}

/**
 * One way to call either form. A plain module's functions take what its author expects: `cycle(index)`, the rest nothing.
 * @param {'scenario' | 'module'} form
 * @param {Record<string, any>} fields
 * @returns {Scenario}
 */
export function callable(form, fields) {
  if (form === 'scenario') return /** @type {Scenario} */ (fields)
  /** @param {string} name */
  const plain = (name) => (typeof fields[name] === 'function' ? () => fields[name]() : undefined)
  return /** @type {Scenario} */ (
    /** @type {unknown} */ ({
      cycle: (/** @type {CycleContext} */ context) => fields.cycle(context.index),
      ...Object.fromEntries(moduleFunctions.slice(1).map((name) => [name, plain(name)])),
    })
  )
}
