/** What somebody who wants to break a report would put into a recording. */

import { judge } from '../harness/judge/judge.ts'
import type { Recording, Results, Run } from '../harness/model.ts'
import { RESULTS_SCHEMA } from '../harness/model.ts'
import { toRun } from '../reports/results.ts'
import { recordingOf, repeat } from './recording-of.ts'

const esc = String.fromCharCode(27)
const hostileTexts = {
  markup: `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'&]]>`,
  colours: `${esc}[31mred${esc}[0m ${esc}]8;;http://127.0.0.1/${String.fromCharCode(7)}link${esc}[2J`,
  control: `a${String.fromCharCode(0, 1, 8, 11, 12, 13, 27, 127, 0x85, 0x9b)}b`,
  rightToLeft: `\u202Eevil\u202C שלום مرحبا \u2066x\u2069`,
  emoji: '🧪👩‍👩‍👧 💧 half: \uD83D end',
  nonCharacters: `\uFFFE\uFFFF\u2028line`,
  markdown: '| a | `b` [x](javascript:alert(1)) @everyone #1 **bold** <!-- -->\n## heading',
  command: '::error file=x::injected\n::stop-commands::x\n##[error]old',
  long: 'x'.repeat(1024 ** 2),
}
const all = Object.values(hostileTexts).filter((text) => text.length < 1000)
const hostile = all.join(' ')

/** A run that fails, with all of it in every place that somebody else fills in. */
export function hostileReport(): { results: Results; recordings: Map<string, Recording> } {
  const plain = recordingOf({ threads: repeat(101, (i) => i * 100), fds: repeat(101, () => 7) })
  const { plan } = plain.header
  const scenario = `a/${hostile.replaceAll('\n', ' ')}`
  const recording: Recording = {
    ...plain,
    header: {
      ...plain.header,
      command: ['tool', hostile],
      argv: ['run', 'a.ts', '--out', hostile],
      plan: { ...plan, scenario: { ...plan.scenario, name: scenario, title: hostile, file: `/a/${hostile}.ts` } },
    },
    checkpoints: plain.checkpoints.map((checkpoint) => ({
      ...checkpoint,
      detail: { threads: { [hostile]: 3, [hostileTexts.long]: 1 } },
    })),
    events: [
      { line: 'event', ms: 1, cycles: 1, kind: 'log', text: hostile },
      { line: 'event', ms: 2, cycles: 2, kind: 'failed-cycle', text: hostileTexts.long, stack: hostile },
      ...all.map((text) => ({ line: 'event' as const, ms: 3, cycles: 3, kind: 'target' as const, text })),
    ],
    limits: [
      {
        line: 'limits',
        ms: 0,
        cycles: 0,
        limits: [{ resource: 'threads', source: hostile, limit: 1e6, now: 5 }],
      },
    ],
  }
  const run = toRun([{ recording, path: 'recording.ndjson' }], judge(recording))
  const frame = { file: hostile, line: 3, column: 1, function: hostile, part: 'own' as const, package: null }
  const suspect: Run['suspects'][number] = {
    resource: 'threads',
    resources: ['threads'],
    kind: 'thread',
    what: hostile,
    unit: 'count',
    count: 3,
    growthPerCycle: 1,
    sentence: `1.00 thread per cycle, made at ${hostile}.`,
    release: null,
    endsAfterMs: null,
    language: 'python',
    stack: [frame, { ...frame, part: 'library', package: hostile }],
    at: 0,
    source: { at: 3, first: 2, text: [hostile, hostileTexts.markup, hostileTexts.long] },
  }
  const exit = {
    code: 1,
    signal: null,
    stderrTail: `${hostile}\n${hostileTexts.long}`,
    left: false,
    holding: [{ what: hostile, count: 1, at: hostile }],
  }
  const { tool, host, startedAt } = recording.header
  const runs: Run[] = [
    {
      ...run,
      suspects: [suspect],
      exit,
      unexplained: [hostile],
      profile: { tool: 'doctor', path: null, reason: hostile },
    },
    {
      ...run,
      scenario: `b/${hostile}`,
      verdict: null,
      outcome: 'error',
      reason: `setup failed: ${hostile}\n${hostileTexts.long}`,
    },
    { ...run, scenario: 'c/inconclusive', verdict: 'inconclusive', outcome: 'inconclusive' },
  ]
  const results = {
    schema: RESULTS_SCHEMA,
    tool,
    host,
    startedAt,
    revision: null,
    baseline: { name: hostile, mismatch: [hostile], unneeded: [hostile] },
    runs,
  } as Results
  return { results, recordings: new Map([[scenario, recording]]) }
}
