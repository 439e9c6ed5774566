/** Describes a scenario: loads it in a short-lived child, never in the harness, and checks what it is. */
import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { TargetError, UsageError } from '../errors.ts'
import { LOG_FILES, startScenarioProcess, tailOf } from '../observe/scenario-process.ts'
import type { Warden } from '../processes/warden.ts'
import { checkFields, type ScenarioFields } from './description.ts'
import type { ScenarioFile } from './names.ts'

export type DescribedScenario = ScenarioFile & {
  form: 'scenario' | 'module'
  fields: ScenarioFields
  node: { path: string; version: string }
}

const FIRST_WITH_TYPES = [22, 18]
const FIRST_TARGET = [20, 13]

const atLeast = (version: string, [major = 0, minor = 0]: readonly number[]): boolean => {
  const [a = 0, b = 0] = version.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

/** `Cannot find package 'etcd3' imported from …` → how to get it. */
function hint(error: TargetError): string {
  const missing = /^Cannot find package '([^']+)'/.exec(error.message)?.[1]
  return missing ? `\n  Install it where the scenario is: npm install ${missing}` : ''
}

const CHECKS_WITHIN_MS = 30_000
/** Where a file does not parse: the place, the line and a mark below it, which the error of an import does not have. */
function unparsable(node: string, file: string, stack: string | null): string {
  if (!stack?.includes('SyntaxError')) return ''
  const place = spawnSync(node, ['--check', file], { encoding: 'utf8', timeout: CHECKS_WITHIN_MS })
    .stderr.split('\nSyntaxError')[0]
    ?.trimEnd()
  return place ? `\n${place.replace(/^/gm, '  ')}` : ''
}

/** The frames of the person's own file, without our probe and Node's loader. */
function ownFrames(stack: string | null): string {
  const frames = (stack ?? '').split('\n').filter((l) => /^\s+at /.test(l) && !/\bnode:|\/probe\/node\//.test(l))
  return frames.length > 0 ? `\n${frames.slice(0, 3).join('\n')}` : ''
}

/** @throws UsageError when the scenario cannot be used; the message says why */
export async function describeScenario(
  scenario: ScenarioFile,
  options: { node: string; warden: Warden; logs: string; startTimeoutMs: number },
): Promise<DescribedScenario> {
  const { file, name } = scenario
  const shown = relative(process.cwd(), file) || file
  const { node, startTimeoutMs } = options
  await using child = await startScenarioProcess({ ...options, readyWithinMs: startTimeoutMs }).catch((error) => {
    const words = tailOf(join(options.logs, LOG_FILES[1]))
    throw new UsageError(`--node ${node}: expected a Node that starts, got: ${error.message}\n${words}`.trimEnd(), {
      cause: error,
    })
  })
  const { version } = child
  if (!atLeast(version, FIRST_TARGET))
    throw new UsageError(`--node ${node}: expected Node ${FIRST_TARGET.join('.')} or newer, got ${version}`)
  if (/\.m?ts$/.test(file) && !atLeast(version, FIRST_WITH_TYPES))
    throw new UsageError(
      `${shown}: a TypeScript scenario needs Node ${FIRST_WITH_TYPES.join('.')} or newer, and ${node} is ${version}.\n` +
        '  Name a newer one with --node, or write the scenario as .mjs.',
    )
  let described: { form: 'scenario' | 'module'; fields: Record<string, unknown> }
  try {
    described = await child.ask({ ask: 'describe', file }, startTimeoutMs)
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    const tail = error.scenarioStack === null ? child.stderrTail() : ''
    throw new UsageError(
      `${shown}: the scenario cannot be loaded: ${error.message}${hint(error)}${unparsable(node, file, error.scenarioStack)}${ownFrames(error.scenarioStack)}${tail && `\n${tail}`}`,
      { cause: error },
    )
  }
  const fields = checkFields(shown, name, described.form, described.fields)
  return { ...scenario, form: described.form, fields, node: { path: node, version } }
}
