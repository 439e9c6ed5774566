/** From what a person types to scenario files: a path, or a name of the list. */
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

/** Every scenario by the name that runs it: those below this folder, then those that ship, where none here has the name. */
export function listScenarios(): ScenarioFile[] {
  const here = named(scenariosIn(process.cwd()))
  const taken = new Set(here.flatMap(({ name, file }) => [name, file]))
  return [...here, ...named(scenariosIn(shipped)).filter(({ name, file }) => !taken.has(name) && !taken.has(file))]
}

/** The files that a name may be of, without the walk through this folder that the list takes: one, unless they share it. */
function filesOf(name: string): string[] {
  const below = (root: string) =>
    extensions
      .map((ext) => join(root, `${name}.scenario.${ext}`))
      .filter((file) => existsSync(file) && nameOf(file) === name)
  const here = [resolve('.'), resolve('scenarios')].flatMap(below)
  return here.length > 0 ? here : below(shipped)
}

/** A file, a name, or a folder. @param known the list, by which those are called that share a name */
function find(typed: string, known: () => readonly ScenarioFile[]): string[] {
  const path = resolve(typed)
  const isThere = existsSync(path)
  if (isThere && !statSync(path).isDirectory()) return [path]
  const files = filesOf(typed)
  if (files.length === 1) return files
  const folder = isThere
    ? path
    : [resolve('scenarios'), shipped].map((root) => join(root, typed)).find((root) => existsSync(root))
  if (folder && statSync(folder).isDirectory()) return scenariosIn(folder)
  const listed = known().find(({ name }) => name === typed)
  return listed ? [listed.file] : []
}

const MOST_NEAR = 3
/** Of the pairs of letters of two names, so many are of both where one is a slip of the other. */
const NEAR = 0.5
/** What is less near than this share of the nearest was not meant. */
const AS_NEAR = 0.8

/** How much of two names is the same, 0 to 1: by their pairs of letters. */
function likeness(a: string, b: string): number {
  const pairs = (text: string) => Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2).toLowerCase())
  const [of, others] = [pairs(a), pairs(b)]
  const left = [...others]
  const both = of.filter((pair) => {
    const at = left.indexOf(pair)
    if (at !== -1) left.splice(at, 1)
    return at !== -1
  })
  return (2 * both.length) / Math.max(1, of.length + others.length)
}

/** How near a name is to what was typed: in all, or in what comes after the folder, or as its beginning. */
function nearness(typed: string, name: string): number {
  const last = basename(name)
  return last.startsWith(typed) ? 1 : Math.max(likeness(typed, name), likeness(basename(typed), last))
}

/** The names that somebody may have meant, the nearest first. */
function nearest(typed: string, known: readonly ScenarioFile[]): string[] {
  const all = known.map(({ name }) => ({ name, near: nearness(typed, name) })).sort((a, b) => b.near - a.near)
  const least = Math.max(NEAR, AS_NEAR * (all[0]?.near ?? 0))
  return all
    .filter(({ near }) => near >= least)
    .slice(0, MOST_NEAR)
    .map(({ name }) => name)
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
  let list: readonly ScenarioFile[] | null = null
  const known = () => (list ??= listScenarios())
  const files = typed.flatMap((name) => {
    const found = find(name, known)
    if (found.length > 0) return found
    const near = nearest(name, known())
    const meant = near.length > 0 ? ` Did you mean ${near.join(', or ')}?` : ''
    throw new UsageError(
      `${name}: no such scenario.${meant} Expected a file, a folder of scenarios, or a name of \`holdwater list\`.`,
    )
  })
  return named([...new Set(files)])
}
