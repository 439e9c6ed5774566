/** Name → reporter: a format is one file and one line here. */
import type { Comparison, History, Report } from '../harness/model.ts'
import { comparisonJson, comparisonMarkdown } from './comparison.ts'
import { renderGithub } from './github.ts'
import { historyJson, historyMarkdown } from './history.ts'
import { renderComparison } from './html/comparison.ts'
import { renderHistory } from './html/history.ts'
import { renderHtml } from './html/report.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'
import { plainReport } from './plain.ts'

/** Those that leave a file. */
export type Reporters<Value> = Readonly<Record<string, { file: string; render: (value: Value) => string }>>

/** What others wrote is text in all of them; results.json alone has it as it was. */
const forPeople =
  (render: (report: Report) => string) =>
  (report: Report): string =>
    render(plainReport(report))

/** Of `holdwater run` and `holdwater report`. */
export const reporters: Reporters<Report> = {
  html: { file: 'index.html', render: forPeople(renderHtml) },
  json: { file: 'results.json', render: renderJson },
  junit: { file: 'junit.xml', render: forPeople(renderJunit) },
  markdown: { file: 'summary.md', render: forPeople(renderMarkdown) },
}
/** What a machine reads from the output. */
export const annotations = forPeople(renderGithub)

/** Of `holdwater compare`. */
export const comparisonReporters: Reporters<Comparison> = {
  html: { file: 'index.html', render: renderComparison },
  json: { file: 'comparison.json', render: comparisonJson },
  markdown: { file: 'summary.md', render: comparisonMarkdown },
}

/** Of `holdwater history`. */
export const historyReporters: Reporters<History> = {
  html: { file: 'index.html', render: renderHistory },
  json: { file: 'history.json', render: historyJson },
  markdown: { file: 'summary.md', render: historyMarkdown },
}
