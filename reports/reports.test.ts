import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { judge } from '../harness/judge/judge.ts'
import { compareRuns } from '../harness/judge/regression.ts'
import { type EndLine, type Run, resultsSchema } from '../harness/model.ts'
import { resultsJsonSchema } from '../harness/results-schema.ts'
import { memoryRecording, recordingOf, repeat } from '../tests/recording-of.ts'
import { reportOf, runOf } from '../tests/report-of.ts'
import { changeText, runChangeSentence } from './comparison.ts'
import { duration, oneIn, rate, sparkline } from './format.ts'
import { renderHtml } from './html/report.ts'
import { renderJson } from './json.ts'
import { exitCodeOf, notRun, toRun } from './results.ts'
import { endText, type Paint, runText } from './terminal.ts'

const plain: Paint = (_, text) => text
const flat = repeat(101, () => 7)
const leak = repeat(101, (i) => i * 100)

const guarded = {
  ...memoryRecording([3 * 1024 ** 3], {}),
  start: { line: 'start' as const, ms: 0, readings: { heap: 0 } },
  end: { ...recordingOf({ threads: flat }).end, ending: 'guard', text: 'resident memory reached 4 GB' } as EndLine,
}

describe('the sentence of a run', () => {
  it.each([
    [
      'clean',
      recordingOf({ threads: flat }),
      /^Nothing grows: threads held over 10,000 cycles; a leak of one in [\d,]+ cycles would have been seen\.$/,
    ],
    [
      'leaking',
      recordingOf({ threads: leak, fds: leak }),
      /^Leaks threads: grows by 1\.00 per cycle \(95 %: 0\.\d+ to 1\.\d+\), budget 0; also fds\.$/,
    ],
    [
      'too short',
      recordingOf({ threads: flat.slice(0, 20) }),
      /^Cannot tell about threads: shows no growth that has stayed so far, but the run is too short to tell; run about [\d,]+ more cycles \(--cycles [45]\d00\), or ask this recording for less: holdwater report FOLDER --resolution 1\/4\d\d\.$/,
    ],
    [
      'one step',
      recordingOf({ threads: repeat(101, (i) => (i < 60 ? 5 : 13)) }),
      /^Cannot tell about threads: one isolated step, \+8 in all, the last near cycle 6,000; run about/,
    ],
    [
      'a dead etcd',
      recordingOf({ threads: flat }, { ending: 'etcd-died', text: 'etcd died (SIGKILL)' }),
      /^Etcd died \(SIGKILL\) near cycle 10,000\.$/,
    ],
    [
      'a memory guard, and what had filled it',
      guarded,
      /^Cannot tell: the guard ended the run near cycle 10,000, as resident memory reached 4 GB, and heap had risen by 3\.0 GB\.$/,
    ],
    ['Ctrl-C', recordingOf({ threads: flat.slice(0, 20) }, { ending: 'interrupted' }), /\(stopped by Ctrl-C\)\.$/],
  ])('%s', (_, recording, sentence) => {
    expect(runOf(recording).reason).toMatch(sentence)
  })
})

describe('the outcome', () => {
  it('is the verdict against what the scenario expects', () => {
    const outcome = (series: (number | null)[], expect: 'clean' | 'leaking') =>
      runOf(recordingOf({ threads: series }, { expect })).outcome
    expect([outcome(flat, 'clean'), outcome(leak, 'clean')]).toEqual(['pass', 'fail'])
    expect([outcome(flat, 'leaking'), outcome(leak, 'leaking')]).toEqual(['fail', 'pass'])
    expect(outcome(flat.slice(0, 20), 'leaking')).toBe('inconclusive')
  })

  it('of several runs is the first of 3, 4, 2, 0', () => {
    const [pass, fail, unsure] = [flat, leak, flat.slice(0, 20)].map((series) =>
      runOf(recordingOf({ threads: series })),
    )
    const error = notRun({ name: 'a', file: 'a' }, { outcome: 'error', reason: 'no' })
    const skipped = notRun({ name: 'a', file: 'a' }, { outcome: 'skipped', reason: 'not here' })
    const code = (...runs: (typeof error | undefined)[]) => exitCodeOf({ runs: runs as (typeof error)[] })
    expect(code(pass)).toBe(0)
    expect(code(pass, error)).toBe(2)
    expect(code(pass, error, unsure)).toBe(4)
    expect(code(pass, error, unsure, fail)).toBe(3)
    expect(code(skipped, pass)).toBe(0)
    expect(code(skipped)).toBe(2)
    expect(code()).toBe(2)
  })
})

describe('results.json', () => {
  it('fits its schema, and the published one is that schema', () => {
    const report = reportOf(recordingOf({ threads: leak, heap: flat }), recordingOf({ threads: flat.slice(0, 2) }))
    expect(resultsSchema.parse(JSON.parse(renderJson(report)))).toEqual(report.results)
    expect(readFileSync('reports/results.schema.json', 'utf8'), 'run `npm run schema`').toBe(resultsJsonSchema())
  })
})

describe('the terminal', () => {
  it('keeps to 80 columns', () => {
    const { results } = reportOf(
      recordingOf({ threads: leak, 'server.a-name-that-is-rather-long': leak, fds: flat.slice(0, 9) }),
    )
    const text = `${results.runs.map((run) => runText(run, 80, plain)).join('\n')}\n${endText(results, ['a/file'], 80, plain)}`
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(text).toMatch(/✖ threads +1\.00\/cycle +0 → 10,000/)
  })

  it('repeats at the end of many runs why one did not pass: a log in between is long, or cut', () => {
    const [passed, open] = [recordingOf({ threads: flat }), recordingOf({ threads: flat.slice(0, 2) })]
    const many = endText(reportOf(passed, open).results, [], 80, plain)
    expect(many).toMatch(/^\S+ +clean +pass\n\S+ +inconclusive +inconclusive\n {2}Cannot tell about threads: /)
    expect(endText(reportOf(open).results, [], 80, plain)).not.toContain('Cannot tell')
  })
})

describe('what is inconclusive, and was', () => {
  const [before, after] = [6, 7].map((n) => runOf(recordingOf({ threads: repeat(n, () => 7) }))) as [Run, Run]

  it('is told once of a run: what comes of it is the same word', () => {
    const text = runText(after, 80, plain)
    expect(text).toMatch(/^ {2}\? inconclusive\n/)
    expect(runText(runOf(recordingOf({ threads: flat })), 80, plain)).toMatch(/^ {2}✔ clean → pass\n/)
  })
  it('is no news where two runs are compared', () => {
    const change = compareRuns(before, after)
    expect(runChangeSentence(change)).toBe(`Cannot tell, still inconclusive: ${after.reason}`)
    expect(change.resources.map((resource) => changeText(resource, 'cycle'))).toEqual([
      expect.stringMatching(/^0 → 0 per cycle; still inconclusive: shows no growth/),
    ])
    const clean = runOf(recordingOf({ threads: flat }))
    expect(runChangeSentence(compareRuns(clean, after))).toMatch(/^Cannot tell: HEAD was inconclusive: /)
    expect(runChangeSentence(compareRuns(before, clean))).toMatch(/^Cannot tell: BASE was inconclusive: /)
  })
})

describe('suspects', () => {
  const recording = recordingOf({ sockets: leak })
  const stack = [{ file: 'src/<b>.ts', line: 3, column: 1, function: 'cycle', part: 'own' as const, package: null }]
  const explanation = {
    suspects: [
      {
        resource: 'sockets',
        resources: ['sockets'],
        kind: 'TCP socket',
        what: null,
        unit: 'count' as const,
        count: 32,
        growthPerCycle: 1,
        release: 'destroy()',
        endsAfterMs: null,
        language: 'javascript' as const,
        stack,
        at: 0,
        source: { at: 3, first: 2, text: ['function cycle() {', `  connect('${'x'.repeat(100)}')`, '}'] },
      },
    ],
    endAfterMs: null,
    unexplained: {
      resources: ['handles'],
      partly: [],
      cut: { cycles: 40, text: 'it was ended' },
      unread: [],
      failed: null,
    },
  }
  const recorded = [{ recording, path: 'a/recording.ndjson' }] as const
  const run = toRun(recorded, judge(recording), recording, explanation)
  const results = { ...reportOf(recording).results, runs: [run] }

  it('that end by themselves meet no limit that lies beyond, unless they are set anew', () => {
    const verdict = judge(recording)
    const forecast = { limit: 1e6, source: 'RLIMIT_NOFILE', cyclesLeft: 1e6, low: 1e6, high: 1e6, secondsLeft: 60 }
    const dying = {
      ...verdict,
      dies: { ...forecast, name: 'sockets', unit: 'count' as const },
      resources: verdict.resources.map((resource) => ({ ...resource, forecast })),
    }
    const told = (endAfterMs: number | null) => {
      const { forecast, resources } = toRun(recorded, dying, recording, { ...explanation, endAfterMs })
      return [forecast, resources.every((resource) => resource.forecast === null)]
    }
    const dies = 'Dies of RLIMIT_NOFILE, 1,000,000, after 1,000,000 more cycles, 1 min 0 s at this pace.'
    expect(told(60_000)).toEqual([
      'All that leaks ends by itself after 1 min 0 s and meets no limit, unless it is set anew each time.',
      true,
    ])
    expect(told(60_001)).toEqual([dies, false])
    expect(told(null)).toEqual([dies, false])
  })

  it('are sentences in the contract', () => {
    expect(resultsSchema.parse(JSON.parse(JSON.stringify(results)))).toEqual(results)
    expect(run.suspects[0]?.sentence).toBe(
      '1.00 TCP socket per cycle, made at src/<b>.ts:3 in cycle; destroy() would release it.',
    )
    expect(run.unexplained).toHaveLength(2)
  })

  it('read in 80 columns, with the source line', () => {
    const text = runText(run, 80, plain)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(text).toMatch(/1\. 1\.00 TCP socket per cycle, made at src\/<b>\.ts:3[\s\S]*> 3 │ {3}connect\('xxx/)
    expect(text).toMatch('cut short near cycle 40')
  })

  it('stand above the table of the page, escaped', () => {
    const page = renderHtml({ results, recordings: new Map([['a/scenario', recording]]) })
    expect(page).toMatch('made at src/&lt;b&gt;.ts:3')
    expect(page.indexOf('Suspects')).toBeLessThan(page.indexOf('<table'))
    expect(page.indexOf('Suspects')).toBeGreaterThan(page.indexOf('Leaks sockets'))
    expect(page).toMatch(/<span class="at">&gt; 3 │|<span class="at">> 3 │/)
  })
})

describe('numbers', () => {
  it('read as people read them', () => {
    expect([rate(1, 'count'), rate(0.00123, 'count'), rate(0, 'count'), rate(2048, 'bytes')]).toEqual([
      '1.00',
      '0.0012',
      '0',
      '2.0 kB',
    ])
    expect([duration(1234), duration(12_345), duration(81_000), duration(8_000_000)]).toEqual([
      '1.2 s',
      '12 s',
      '1 min 21 s',
      '2 h 13 min',
    ])
    expect(oneIn(1 / 1120)).toBe('one in 1,120 cycles')
  })
  it('make a sparkline no wider than asked', () => {
    expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 20)).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline(repeat(1000, (i) => i) as number[], 20)).toHaveLength(20)
    expect(sparkline([3, 3], 20)).toBe('▁▁')
  })
})
