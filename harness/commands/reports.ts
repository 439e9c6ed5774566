/** Writes what the reporters that were asked for make. */
import { appendFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { annotations, type Reporters, reporters as reportersOfRuns } from '../../reports/index.ts'
import { messageOf } from '../errors.ts'
import type { Report } from '../model.ts'
import { replaceFile } from '../recording/replace.ts'
import type { Screen } from './screen.ts'

/** Where to, and which. */
export type Written = { out: string; reporters: readonly string[] }

function trying<Made>(screen: Screen, name: string, where: string, make: () => Made): Made[] {
  try {
    return [make()]
  } catch (error) {
    screen.complain(`The ${name} report could not be written to ${where}: ${messageOf(error)}`)
    return []
  }
}

/**
 * A reporter that fails loses neither the others nor the verdict. What is in Markdown also goes to the summary of a job.
 * @returns the paths written
 */
export function writeAll<Value>(
  known: Reporters<Value>,
  value: Value,
  { out, reporters }: Written,
  screen: Screen,
): string[] {
  const summary = process.env.GITHUB_STEP_SUMMARY
  const { markdown } = known
  if (summary && markdown) trying(screen, 'markdown', summary, () => appendFileSync(summary, markdown.render(value)))
  return reporters.flatMap((name) => {
    const reporter = known[name]
    if (!reporter) return []
    const path = join(out, reporter.file)
    return trying(screen, name, path, () => {
      replaceFile(path, reporter.render(value))
      return relative(process.cwd(), path)
    })
  })
}

export function writeReports(report: Report, written: Written, screen: Screen): string[] {
  const files = writeAll(reportersOfRuns, report, written, screen)
  if (written.reporters.includes('github'))
    trying(screen, 'github', 'the output', () => screen.annotate(annotations(report)))
  return files
}
