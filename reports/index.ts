/** Name → reporter: a format is one file and one line here. */
import type { Report } from '../harness/model.ts'
import { renderHtml } from './html/page.ts'
import { renderJson } from './json.ts'

/** A reporter that leaves a file; `terminal` is the one that does not. */
export type FileReporter = { file: string; render: (report: Report) => string }

export const fileReporters: Readonly<Record<string, FileReporter>> = {
  html: { file: 'index.html', render: renderHtml },
  json: { file: 'results.json', render: renderJson },
}
export const reporterNames: readonly string[] = ['terminal', ...Object.keys(fileReporters)]
