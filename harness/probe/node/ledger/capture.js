// The call stack as it is, whatever the target has done to Error.
import { fileURLToPath } from 'node:url'
import * as util from 'node:util'

/** Frames deep: what calls a client from inside a framework is far away. */
const DEEPEST = 100

const captureStackTrace = Error.captureStackTrace
const { getOwnPropertyDescriptor, defineProperty } = Object

/** @param {string | null | undefined} name */
export const pathOf = (name) => {
  if (!name?.startsWith('file:')) return name ?? ''
  try {
    return fileURLToPath(name.replace(/\?.*$/, ''))
  } catch {
    return name
  }
}

/** @param {NodeJS.CallSite} site */
function nameOf(site) {
  const name = site.getFunctionName() ?? ''
  // What V8 calls the fields of a class.
  if (name === '<instance_members_initializer>') return `new ${site.getTypeName() ?? ''}`.trim()
  if (name === '<static_initializer>') return 'static fields'
  if (site.isConstructor()) return `new ${name}`
  if (!name || site.isToplevel()) return name
  const type = site.getTypeName()
  return !type || type === 'Object' || type === 'Function' || name.includes('.') ? name : `${type}.${name}`
}

/**
 * The call sites above a function. `Error.prepareStackTrace` is set for no longer than this takes, so that a target that
 * has its own, or looks at it, sees what it put there; where it cannot be set, Node is asked another way.
 * @param {Function} above
 * @returns {readonly { file: string, line: number, column: number, name: () => string }[]}
 */
export function sitesAbove(above) {
  const before = getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  const limit = getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  /** @type {{ stack?: NodeJS.CallSite[] }} */
  const holder = {}
  try {
    defineProperty(Error, 'stackTraceLimit', { value: DEEPEST, configurable: true, writable: true, enumerable: true })
    defineProperty(Error, 'prepareStackTrace', {
      value: (/** @type {unknown} */ _, /** @type {NodeJS.CallSite[]} */ sites) => sites,
      configurable: true,
      writable: true,
    })
    captureStackTrace(holder, above)
    const sites = holder.stack
    if (Array.isArray(sites))
      return sites.map((site) => ({
        file: pathOf(site.getFileName() ?? site.getScriptNameOrSourceURL()),
        line: site.getLineNumber() ?? 0,
        column: site.getColumnNumber() ?? 0,
        name: () => nameOf(site),
      }))
  } catch {
    // frozen by the target
  } finally {
    try {
      if (limit) defineProperty(Error, 'stackTraceLimit', limit)
      if (before) defineProperty(Error, 'prepareStackTrace', before)
      else Reflect.deleteProperty(Error, 'prepareStackTrace')
    } catch {
      // as it was
    }
  }
  return (util.getCallSites?.(DEEPEST) ?? []).map((site) => ({
    file: pathOf(site.scriptName),
    line: site.lineNumber,
    column: site.columnNumber,
    name: () => site.functionName,
  }))
}
