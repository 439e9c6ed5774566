/** Writes the files of the reporters that were asked for. */
import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileReporters } from '../../reports/index.ts'
import { messageOf } from '../errors.ts'
import type { Report } from '../model.ts'
import type { Screen } from './screen.ts'

/** A reporter that fails loses neither the others nor the verdict. Returns the paths written. */
export function writeReports(
  report: Report,
  { out, reporters }: { out: string; reporters: readonly string[] },
  screen: Screen,
): string[] {
  return reporters.flatMap((name) => {
    const reporter = fileReporters[name]
    if (!reporter) return []
    const path = join(out, reporter.file)
    try {
      writeFileSync(path, reporter.render(report))
      return [relative(process.cwd(), path)]
    } catch (error) {
      screen.complain(`The ${name} report could not be written to ${path}: ${messageOf(error)}`)
      return []
    }
  })
}
