/** Stacks for people: whose code a frame is, and which one says it best. Pure. */
import type { Frame, ShownFrame, StackLine } from '../model.ts'

type Part = Pick<ShownFrame, 'part' | 'package'>
const runtime: Part = { part: 'runtime', package: null }
const own: Part = { part: 'own', package: null }

const jsPackage = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/
const pythonPackage = /.*[\\/](?:site|dist)-packages[\\/]([^\\/]+?)(?:\.py)?(?:[\\/]|$)/
const pythonRuntime = /[\\/]lib(?:64)?[\\/]python\d[^\\/]*[\\/]|^<(?!string|stdin)|[\\/]probe[\\/]python[\\/]/

/** A path below the project is shown relative to it. */
const shown = (file: string, project: string): string =>
  file.startsWith(`${project}/`) ? file.slice(project.length + 1) : file.replace(/^webpack:\/\/[^/]*\/(\.\/)?/, '')

/** That of a library elsewhere, such as in a virtual environment, from the name of its package on. */
function shortPath(file: string, part: Part, project: string): string {
  const local = shown(file, project)
  if (local !== file || part.package === null) return local
  const from = file.lastIndexOf(`/${part.package}`)
  return from === -1 ? file : file.slice(from + 1)
}

/** What an installer wrote to start a program: nobody's code. */
const isLauncher = ({ file, function: name }: Frame) =>
  /[\\/](bin|Scripts)[\\/][^\\/]+$/.test(file) && /module/.test(name)

function partOf(frame: Frame, language: StackLine['language'], project: string): Part {
  const { file } = frame
  const local = shown(file, project)
  if (language === 'python') {
    const name = pythonPackage.exec(file)?.[1]
    if (name) return { part: 'library', package: name }
    return pythonRuntime.test(file) || isLauncher(frame) ? runtime : own
  }
  const name = jsPackage.exec(local === file ? file : `/${local}`)?.[1]
  if (name) return { part: 'library', package: name.replaceAll('\\', '/') }
  return isFile.test(file) && !file.startsWith('node:') ? own : runtime
}

/** A path, or what a bundler's source map calls one: `webpack://app/./src/main.ts`. */
const isFile = /^([/\\]|[A-Za-z]:[\\/]|[a-z-]+:\/\/)/

export function shownFrames({ frames, language }: StackLine, project: string): ShownFrame[] {
  return frames.map((frame) => {
    const part = partOf(frame, language, project)
    return { ...frame, file: shortPath(frame.file, part, project), ...part }
  })
}

/** The frame a stack is shown by: the innermost of the person's own code, else of a library's. Null for an empty one. */
export function bestFrame(frames: readonly ShownFrame[]): number | null {
  for (const part of ['own', 'library', 'runtime'] as const) {
    const at = frames.findIndex((frame) => frame.part === part)
    if (at !== -1) return at
  }
  return null
}

/**
 * Says which stack stands for all that are the same to a person, the first of them: the runtime's own frames do not tell
 * them apart, as those below a cycle do not that is the first one of its batch.
 */
export const sameToPeople = (stacks: ReadonlyMap<number, readonly ShownFrame[]>) =>
  firstOf(stacks, (frames) => {
    const theirs = frames.filter(({ part }) => part !== 'runtime')
    return (theirs.length > 0 ? theirs : frames).map(placeOf).join('|')
  })

/** The same of all stacks that are shown by one frame, whatever called it. */
export const sameFrame = (stacks: ReadonlyMap<number, readonly ShownFrame[]>) => firstOf(stacks, bestPlace)

const placeOf = ({ file, line, column }: ShownFrame) => `${file}:${line}:${column}`

/** The place a stack is shown by; empty for an empty one. */
export function bestPlace(frames: readonly ShownFrame[]): string {
  const frame = frames[bestFrame(frames) ?? -1]
  return frame ? placeOf(frame) : ''
}

function firstOf(
  stacks: ReadonlyMap<number, readonly ShownFrame[]>,
  keyOf: (frames: readonly ShownFrame[]) => string,
): (stack: number) => number {
  const first = new Map<string, number>()
  const same = new Map<number, number>()
  for (const [id, frames] of stacks) {
    const key = keyOf(frames)
    if (!first.has(key)) first.set(key, id)
    same.set(id, first.get(key) as number)
  }
  return (stack) => same.get(stack) ?? stack
}
