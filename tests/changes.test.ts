/** What changed: two runs against each other, against a baseline, and many in a row; by the real command line. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { baselineSchema, type Results } from '../harness/model.ts'
import { fixture, holdwater, scratch, start } from './holdwater.ts'

const listening = fixture('listening.mjs')
const soak = (each: number, out: string, ...args: string[]) =>
  start(['run', listening, '--out', out, '--explain', 'never', ...args], {
    LISTENERS: String(each),
    SERVICE_PASSWORD: 'correct horse battery',
    OTHER_API_TOKEN: 'tok-abcdefgh',
  }).finished
const cli = (...args: string[]) => start(args).finished
const oneLine = (text: string) => text.replace(/\s+/g, ' ')

const { out: folder } = scratch()
const folders = { clean: join(folder, 'clean'), one: join(folder, 'one'), two: join(folder, 'two') }
const scenario = 'tests/fixtures/listening'
const baseline = join(folder, 'baselines', 'main.json')
const codes: (number | null)[] = []

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  const soaked = await Promise.all([
    soak(0, folders.clean, '--reporter', 'terminal,html,json,junit,markdown,github'),
    soak(1, folders.one, '--save-baseline', baseline),
    soak(2, folders.two),
  ])
  codes.push(...soaked.map(({ code }) => code))
}, 60_000)

describe.concurrent('two runs', () => {
  const compare = (base: string, head: string) => cli('compare', base, head, '--out', join(head, 'against'))

  it('regress: exit code 3, a page, and the reason in one sentence', async () => {
    const { code, stdout } = await compare(folders.clean, folders.two)
    expect([code, oneLine(stdout)]).toEqual([
      3,
      expect.stringMatching(/Regressed: listeners 0 → 2\.00 per cycle, \+2\.00 \(95 %: \+[\d.]+ to \+2\.00\)/),
    ])
    expect(readdirSync(join(folders.two, 'against')).sort()).toEqual(['comparison.json', 'index.html'])
  })
  it('regress where a leak becomes worse', async () => {
    expect((await compare(folders.one, join(folders.two, 'results.json'))).code).toBe(3)
  })
  it('improve: exit code 0', async () => {
    const { code, stdout } = await compare(folders.one, folders.clean)
    expect([code, oneLine(stdout)]).toEqual([0, expect.stringMatching(/Improved: listeners 1\.00 → 0 per cycle/)])
  })

  it('that are one, of different scenarios, or in another form, are refused', async () => {
    const { out } = scratch()
    const results = JSON.parse(readFileSync(join(folders.clean, 'results.json'), 'utf8'))
    const written = (name: string, changed: object) => {
      mkdirSync(join(out, name), { recursive: true })
      writeFileSync(join(out, name, 'results.json'), JSON.stringify({ ...results, ...changed }))
      return join(out, name)
    }
    const other = written('other', { runs: [{ ...results.runs[0], scenario: 'other' }] })
    const older = written('older', { schema: 'holdwater-results/1' })
    const odd = written('odd', { runs: [{}] })
    mkdirSync(join(out, 'empty'))
    const refused = async (base: string, head: string) => {
      const { code, stderr } = await cli('compare', base, head)
      return [code, oneLine(stderr)]
    }
    expect(await refused(folders.clean, join(folders.clean, 'results.json'))).toEqual([
      2,
      expect.stringMatching(/expected two runs, got one twice/),
    ])
    expect(await refused(folders.clean, other)).toEqual([
      2,
      expect.stringMatching(/expected two runs of the same scenario.*BASE has .*listening.*HEAD has other/),
    ])
    expect(await refused(older, folders.clean)).toEqual([
      2,
      expect.stringMatching(
        /expected results in the form holdwater-results\/\d+, got "holdwater-results\/1"; `holdwater report`/,
      ),
    ])
    expect(await refused(odd, folders.clean)).toEqual([2, expect.stringMatching(/expected results in the form/)])
    expect(await refused(folders.clean, join(out, 'empty'))).toEqual([
      2,
      expect.stringMatching(/empty: expected a folder that `holdwater run` wrote, or its results\.json, got: ENOENT/),
    ])
  })

  it('one of which crashed before its first checkpoint: nobody can tell, exit code 4', async () => {
    const { out } = scratch()
    const crashed = await start(['run', fixture('leaving.mjs'), '--out', out, '--explain', 'never'], { HOW: 'exit' })
      .finished
    expect(crashed.code).toBe(4)
    const results = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))
    const named = { ...results, runs: [{ ...results.runs[0], scenario }] }
    writeFileSync(join(out, 'results.json'), JSON.stringify(named))
    const { code, stdout } = await compare(folders.clean, out)
    expect([code, oneLine(stdout)]).toEqual([
      4,
      expect.stringMatching(/Cannot tell: HEAD was inconclusive: The run ended near cycle [\d,]+: .*exit code 7/),
    ])
  })
})

describe.concurrent('a baseline', () => {
  it('that cannot be saved is an error where nothing else is, and hides no verdict', async () => {
    const [{ out: clean }, { out: leaky }] = [scratch(), scratch()]
    const nowhere = ['--save-baseline', '/proc/no/such.json'] as const
    const [one, other] = await Promise.all([soak(0, clean, ...nowhere), soak(1, leaky, ...nowhere)])
    expect([one.code, other.code]).toEqual([2, 3])
    expect(one.stderr).toMatch(/The baseline \/proc\/no\/such\.json could not be saved/)
  })
  it('accepts from the next run on: the one that saves it leaks, and --help says so', async () => {
    expect(codes).toEqual([0, 3, 3])
    const { stdout } = await cli('run', '--help')
    expect(oneLine(stdout)).toMatch(/3 leaking, also where --save-baseline accepts it from the next run on/)
  })
  it('is small, sorted, and asks for a reason', () => {
    const saved = baselineSchema.parse(JSON.parse(readFileSync(baseline, 'utf8')))
    expect(Object.keys(saved.scenarios)).toEqual([scenario])
    expect(saved.scenarios[scenario]?.listeners).toMatchObject({
      growthPerCycle: 1,
      reason: expect.stringMatching(/say why/),
    })
    expect(Object.keys(saved.scenarios[scenario] ?? {})).toEqual(['listeners'])
  })

  it('of a smoke test says that it has no memory', async () => {
    const { out } = scratch()
    const saved = ['--out', join(out, 'run'), '--save-baseline', join(out, 'quick.json')]
    const { code, stdout } = await cli('run', 'controls/idle', '--quick', '--explain', 'never', ...saved)
    expect([code, oneLine(stdout)]).toEqual([
      0,
      expect.stringMatching(
        /quick\.json: 1 scenario, nothing to accept .*: heap and external were not decided in this run: the baseline accepts nothing of them/,
      ),
    ])
  })

  it('lets pass what it accepts, fails what is worse, and says so', async () => {
    const [{ out: same }, { out: worse }] = [scratch(), scratch()]
    const [passes, fails] = await Promise.all([
      soak(1, same, '--baseline', baseline),
      soak(2, worse, '--baseline', baseline),
    ])
    expect([passes.code, oneLine(passes.stdout)]).toEqual([
      0,
      expect.stringMatching(/Nothing else grows: .* Known: listeners 1\.00 per cycle, accepted until 20\d\d-/),
    ])
    expect(oneLine(passes.stdout)).toMatch(/listeners 1\.00\/cycle .*\(accepted\)/)
    expect([fails.code, oneLine(fails.stdout)]).toEqual([
      3,
      expect.stringMatching(
        /Leaks listeners: grows by 2\.00 per cycle .*; more than the 1\.00 per cycle that is accepted/,
      ),
    ])
    // What is judged again is judged by the same baseline.
    expect((await cli('report', same)).code).toBe(0)
  })

  it('that is out of date, and of another Node, is no excuse and says so; both options may be combined', async () => {
    const { out } = scratch()
    mkdirSync(out, { recursive: true })
    const old = join(out, 'old.json')
    const text = readFileSync(baseline, 'utf8').replace(/"until": "[^"]*"/, '"until": "2020-01-01"')
    writeFileSync(old, text.replace(/"node": "\d+"/, '"node": "18"').replace('say why it may stay', 'known: #7'))
    const { code, stdout } = await soak(1, join(out, 'run'), '--baseline', old, '--save-baseline', old)
    expect([code, oneLine(stdout)]).toEqual([
      3,
      expect.stringMatching(/was accepted until 2020-01-01, and counts again/),
    ])
    expect(oneLine(stdout)).toMatch(/old\.json ran on Node 18, this on \d+/)
    expect(JSON.parse(readFileSync(old, 'utf8')).scenarios[scenario].listeners.reason).toMatch(/known: #7/)
  })

  it.each([
    [
      'that is not there',
      '/nonexistent/x.json',
      null,
      /expected a baseline in \/nonexistent\/x\.json, got: no such file; --save-baseline/,
    ],
    ['that is an option', '--quick', null, /Expected a name or a path, got "--quick"/],
    ['that is something else', null, '{"schema":"x"}', /expected a baseline in the form holdwater-baseline\/1, got:/],
    ['with a day that is none', null, 'day', /until/],
  ])('%s is refused before anything runs', async (_, path, text, message) => {
    const { out } = scratch()
    mkdirSync(out, { recursive: true })
    const file = path ?? join(out, 'b.json')
    if (text !== null)
      writeFileSync(
        file,
        text === 'day' ? readFileSync(baseline, 'utf8').replace(/"until": "[^"]*"/, '"until": "soon"') : text,
      )
    const { code, stderr } = await soak(0, join(out, 'run'), '--baseline', file)
    expect([code, oneLine(stderr)]).toEqual([2, expect.stringMatching(message)])
    expect(existsSync(join(out, 'run'))).toBe(false)
  })
})

describe.concurrent('a history', () => {
  it('of all below a folder says in which run growth changed', async () => {
    const { out } = scratch()
    const { code, stdout } = await cli('history', folder, '--out', out)
    expect(code).toBe(0)
    expect(oneLine(stdout)).toMatch(/listeners (regressed|improved) in the run of 20\d\d-/)
    expect(readdirSync(out).sort()).toEqual(['history.json', 'index.html'])
  })
  it('of nothing is refused', async () => {
    const { code, stderr } = await cli('history', join(folder, 'baselines'))
    expect([code, stderr]).toEqual([2, expect.stringMatching(/got no results\.json below it/)])
  })
})

describe.concurrent('reports of a run', () => {
  it('are all written, whichever were asked for', () => {
    const files = readdirSync(folders.clean).filter((name) => name.includes('.'))
    expect(files.sort()).toEqual(['index.html', 'junit.xml', 'results.json', 'summary.md'])
  })

  it('one that cannot be written loses neither the others nor the verdict', async () => {
    const { out } = scratch()
    mkdirSync(join(out, 'junit.xml'), { recursive: true })
    const { code, stderr } = await soak(0, out, '--reporter', 'junit,json,markdown')
    expect([code, stderr]).toEqual([0, expect.stringMatching(/The junit report could not be written to .*junit\.xml/)])
    expect(
      readdirSync(out)
        .filter((name) => name.includes('.'))
        .sort(),
    ).toEqual(['junit.xml', 'results.json', 'summary.md'])
  })

  it('on GitHub: annotations in the output, and the summary of the job is added to', async () => {
    const { out } = scratch()
    mkdirSync(out, { recursive: true })
    const summary = join(out, 'step-summary.md')
    writeFileSync(summary, 'before\n')
    const { stdout } = await start(['run', listening, '--out', join(out, 'run'), '--explain', 'never'], {
      LISTENERS: '2',
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
    }).finished
    const commands = stdout.split('\n').filter((line) => line.trimStart().startsWith('::'))
    expect(commands).toEqual([
      expect.stringMatching(/^::error file=.*listening\.mjs,line=1,title=.*::leaking: Leaks listeners/),
    ])
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## 1 scenario failed/)
  })

  it('hold no password and no secret, nor does the recording, nor the output', async () => {
    const { out } = scratch()
    const done = await start(
      [
        'run',
        listening,
        '--out',
        out,
        '--explain',
        'always',
        '--reporter',
        'terminal,html,json,junit,markdown,github',
        '--budget',
        'fds=1',
      ],
      { LISTENERS: '1', SERVICE_PASSWORD: 'correct horse battery', OTHER_API_TOKEN: 'tok-abcdefgh' },
    ).finished
    const recording = join(out, scenario, 'recording.ndjson')
    const texts = [
      ['output', done.stdout + done.stderr],
      ...['index.html', 'results.json', 'junit.xml', 'summary.md'].map((name) => [
        name,
        readFileSync(join(out, name), 'utf8'),
      ]),
      ['recording', readFileSync(recording, 'utf8')],
      ['explaining', readFileSync(join(out, scenario, 'recording.explain.ndjson'), 'utf8')],
    ]
    for (const [where, text] of texts)
      for (const secret of ['correct horse battery', 'pa55word', 'tok-abcdefgh'])
        expect([where, secret, text?.includes(secret)]).toEqual([where, secret, false])
    expect(readFileSync(recording, 'utf8')).toContain('no access with *** to http://me:***@127.0.0.1/')
  })

  it('say how to repeat the run, with the options it was given', () => {
    const [run] = JSON.parse(readFileSync(join(folders.two, 'results.json'), 'utf8')).runs
    expect(run.reproduce).toMatch(/^holdwater run tests\/fixtures\/listening\.mjs --out \S+\/two --explain never$/)
  })

  it('know after `holdwater report` what no recording does', async () => {
    const { results, out } = await holdwater(['run', listening, fixture('bad/throws-in-setup.mjs'), '--cycles', '60'])
    const before = results as Results
    await cli('report', out)
    const after = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))
    expect(after.runs.map(({ scenario }: { scenario: string }) => scenario).sort()).toEqual(
      before.runs.map(({ scenario }) => scenario).sort(),
    )
    expect(after.revision).toBe(before.revision)
  })
})
