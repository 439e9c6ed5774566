/** From what a person types to scenario files: a path, or a name under scenarios/. */
import { existsSync, globSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../errors.ts'

export type ScenarioFile = { name: string; file: string }

const extensions = ['ts', 'mts', 'js', 'mjs']
const suffix = /\.scenario\.(ts|mts|js|mjs)$/
/** The scenarios that ship: beside harness/ in a checkout as in the package. */
const shipped = fileURLToPath(new URL('../../scenarios', import.meta.url))
const never = ['**/node_modules/**', '**/dist/**']

function nameOf(file: string): string {
  for (const root of [resolve('scenarios'), shipped])
    if (file.startsWith(root + sep)) return relative(root, file).replace(suffix, '').split(sep).join('/')
  const path = relative(process.cwd(), file)
  const short = path.startsWith('..') ? join(basename(dirname(file)), basename(file)) : path
  return short
    .replace(suffix, '')
    .replace(/\.(ts|mts|js|mjs)$/, '')
    .split(sep)
    .join('/')
}

/**
 * Names are folders of the report, so two files never share one: `a.mjs` and `a.scenario.mjs` keep their endings, and
 * same names in folders of the same name are numbered.
 */
function named(files: readonly string[]): ScenarioFile[] {
  const names = files.map(nameOf)
  const taken = new Map<string, number>()
  return files.map((file, i) => {
    const short = names[i] as string
    const shared = names.filter((other) => other === short).length > 1
    const name = shared ? join(dirname(short), basename(file)) : short
    const before = taken.get(name) ?? 0
    taken.set(name, before + 1)
    return { name: before === 0 ? name : `${name}-${before + 1}`, file }
  })
}

const scenariosIn = (folder: string): string[] =>
  globSync(`**/*.scenario.{${extensions.join(',')}}`, { cwd: folder, exclude: never })
    .map((path) => resolve(folder, path))
    .sort()

/** The planted leaks that ship, and their clean twins. */
export const findTwins = (): ScenarioFile[] =>
  named(
    globSync(`*.{leaky,clean}.scenario.{${extensions.join(',')}}`, { cwd: join(shipped, 'controls') })
      .map((path) => join(shipped, 'controls', path))
      .sort(),
  )

function find(typed: string): string[] {
  const path = resolve(typed)
  if (existsSync(path)) return statSync(path).isDirectory() ? scenariosIn(path) : [path]
  for (const root of [resolve('scenarios'), shipped]) {
    const found = extensions.map((ext) => join(root, `${typed}.scenario.${ext}`)).find((file) => existsSync(file))
    if (found) return [found]
    const folder = join(root, typed)
    if (existsSync(folder) && statSync(folder).isDirectory()) return scenariosIn(folder)
  }
  return []
}

/** Every scenario under this folder and, where none is, those that ship. */
export function listScenarios(): ScenarioFile[] {
  const here = scenariosIn(process.cwd())
  return named(here.length > 0 ? here : scenariosIn(shipped))
}

/** Planted leaks and packages that have to be installed first run when they are named; our own noise always does. */
const onlyWhenNamed = /(^|\/)scenarios\/(controls\/(?!idle\.)|corpus\/)/

/** @throws UsageError for a name that is no scenario */
export function findScenarios(typed: readonly string[]): ScenarioFile[] {
  if (typed.length === 0) {
    const here = scenariosIn(process.cwd()).filter((file) => !onlyWhenNamed.test(file.split(sep).join('/')))
    if (here.length > 0) return named(here)
    throw new UsageError(
      'No scenario here: expected files named *.scenario.ts, .mts, .js or .mjs below this folder, or a name of `holdwater list`.',
    )
  }
  const files = typed.flatMap((name) => {
    const found = find(name)
    if (found.length === 0)
      throw new UsageError(
        `${name}: no such scenario. Expected a file, a folder of scenarios, or a name of \`holdwater list\`.`,
      )
    return found
  })
  return named([...new Set(files)])
}
