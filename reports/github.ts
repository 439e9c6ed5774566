/** Annotations of GitHub Actions: a line of output that puts a message on the line of a file. */
import { relative } from 'node:path'
import type { Report, Run } from '../harness/model.ts'
import { verdictLine } from './words.ts'

/** As the runner reads them: https://github.com/actions/toolkit, core/src/command.ts */
const message = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string) => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

type Where = { file: string; line: number } | null

const annotation = (level: 'error' | 'warning', title: string, text: string, where: Where): string => {
  const at = where ? [`file=${property(where.file)}`, `line=${where.line}`] : []
  return `::${level} ${[...at, `title=${property(title)}`].join(',')}::${message(text)}`
}

/** The frames of a suspect are relative to its project, annotations to where the checkout is. */
function suspectPlace({ stack, at }: Run['suspects'][number], project: string | undefined, root: string): Where {
  const frame = at === null ? undefined : stack[at]
  if (!frame || frame.line <= 0 || frame.part !== 'own') return null
  const file = frame.file.startsWith('/') || !project ? frame.file : `${project}/${frame.file}`
  return { file: file.startsWith('/') ? relative(root, file) : file, line: frame.line }
}

const scenarioPlace = ({ file }: Run, root: string): Where => ({ file: relative(root, file), line: 1 })

/** @param root the folder of the checkout */
export function renderGithub(
  { results, recordings }: Report,
  root = process.env.GITHUB_WORKSPACE ?? process.cwd(),
): string {
  const lines = results.runs.flatMap((run) => {
    if (run.outcome === 'pass' || run.outcome === 'skipped') return []
    const level = run.outcome === 'inconclusive' ? ('warning' as const) : ('error' as const)
    const title = `holdwater: ${run.scenario}`
    const project = recordings.get(run.scenario)?.header.project
    const placed = run.suspects.flatMap((suspect) => {
      const where = suspectPlace(suspect, project, root)
      return where ? [annotation(level, title, suspect.sentence, where)] : []
    })
    return [annotation(level, title, verdictLine(run), scenarioPlace(run, root)), ...placed.slice(0, MOST)]
  })
  return lines.map((line) => `${line}\n`).join('')
}
/** GitHub shows ten a step and a kind. */
const MOST = 3
