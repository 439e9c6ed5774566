/** JUnit XML, as CI systems read it: a suite a scenario, a case a resource, and one for the verdict on the whole. */
import { createRequire } from 'node:module'
import type { Report, ResourceResult, Run } from '../harness/model.ts'
import { sourceLines } from './suspects.ts'
import { verdictLine } from './words.ts'

/** Loaded where it is asked for: it takes as long as all the other reporters together. */
const xml = (): typeof import('xmlbuilder2') => createRequire(import.meta.url)('xmlbuilder2')

type Ill = { kind: 'failure' | 'error' | 'skipped'; message: string; type: string; body: string }
type Case = { name: string; seconds: number; ill: Ill | null; out: string }

const suspectsOf = (run: Run, name: string): string =>
  run.suspects
    .filter(({ resources }) => resources.includes(name))
    .map(({ sentence, source }) =>
      [sentence, ...(source ? sourceLines(source).map(({ text }) => text) : [])].join('\n'),
    )
    .join('\n\n')

/** What is expected to leak and does is fine, and what is only warned of stays so. */
function resourceCase(run: Run, resource: ResourceResult): Case[] {
  const { name, level, verdict, accepted } = resource
  const reason = `${name} ${resource.reason}`
  if (level === 'off') return []
  const of = (ill: Ill | null) => [{ name, seconds: 0, ill, out: reason }]
  if (verdict === 'inconclusive' || verdict === null)
    return of({ kind: 'skipped', message: reason, type: resource.reasonCode ?? 'recorded', body: '' })
  const fails =
    verdict === 'leaking' && level === 'error' && !accepted && run.expect === 'clean' && run.outcome === 'fail'
  return of(fails ? { kind: 'failure', message: reason, type: 'leaking', body: suspectsOf(run, name) } : null)
}

const kinds = { fail: 'failure', inconclusive: 'error', error: 'error', skipped: 'skipped' } as const

function runCase(run: Run): Case {
  const { outcome, reasonCode, durationMs } = run
  const message = verdictLine(run)
  const type = run.verdict ?? reasonCode ?? outcome
  const ill = outcome === 'pass' ? null : { kind: kinds[outcome], message, type, body: run.exit?.stderrTail ?? '' }
  return { name: 'verdict', seconds: durationMs / 1000, ill, out: message }
}

const time = (seconds: number) => seconds.toFixed(3)

export function renderJunit({ results }: Report): string {
  const suites = results.runs.map((run) => ({
    run,
    cases: [runCase(run), ...run.resources.flatMap((resource) => resourceCase(run, resource))],
  }))
  const tally = (cases: readonly Case[], kind: Ill['kind']) => cases.filter(({ ill }) => ill?.kind === kind).length
  const all = suites.flatMap(({ cases }) => cases)
  const root = xml()
    .create({ version: '1.0', encoding: 'UTF-8' })
    .ele('testsuites', {
      name: 'holdwater',
      tests: all.length,
      failures: tally(all, 'failure'),
      errors: tally(all, 'error'),
      time: time(results.runs.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0)),
    })
  for (const { run, cases } of suites) {
    const suite = root.ele('testsuite', {
      name: run.scenario,
      tests: cases.length,
      failures: tally(cases, 'failure'),
      errors: tally(cases, 'error'),
      skipped: tally(cases, 'skipped'),
      time: time(run.durationMs / 1000),
      timestamp: results.startedAt.replace(/\.\d+Z$/, ''),
    })
    for (const { name, seconds, ill, out } of cases) {
      const testcase = suite.ele('testcase', { name, classname: run.scenario, time: time(seconds) })
      // One schema lets a skipped case have text alone.
      if (ill?.kind === 'skipped') testcase.ele('skipped').txt(ill.message)
      else if (ill) testcase.ele(ill.kind, { type: ill.type, message: ill.message }).txt(ill.body)
      else testcase.ele('system-out').txt(out)
    }
  }
  return `${root.end({ prettyPrint: true })}\n`
}
