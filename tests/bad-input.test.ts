/** Bad input: exit code 2, a message that says what was expected, what came and what to change, and nothing left behind. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { onPath } from '../harness/processes/start.ts'
import { bearing, fixture, holdwater, needsNode20, node20, noEngine, scratch } from './holdwater.ts'

const hasScript = onPath('script') !== null
const needsScript = hasScript ? '' : ' (skipped: no `script`; sudo apt-get install bsdutils)'

const cases: readonly (readonly [what: string, args: readonly string[], says: readonly (string | RegExp)[]])[] = [
  ['a scenario that does not exist', ['nowhere/at-all'], ['nowhere/at-all: no such scenario']],
  [
    'a scenario that does not parse',
    [fixture('bad/broken.mjs')],
    ['broken.mjs: the scenario cannot be loaded', /broken\.mjs:2$/m],
  ],
  [
    'a scenario that exports nothing usable',
    [fixture('bad/nothing.mjs')],
    ['expected a default export of defineScenario', 'exports named title'],
  ],
  ['an unknown field', [fixture('bad/unknown-field.mjs')], ['unknown field `cicle`', 'Known fields: title, cycle']],
  [
    'a scenario with both a cycle and a command',
    [fixture('bad/cycle-and-command.mjs')],
    ['field `command`: expected either `cycle` or `command`, not both'],
  ],
  [
    'a command without a mark, and with what needs a probe',
    [fixture('bad/command-without-mark.mjs')],
    [
      'field `cycleMark`: expected a regular expression: which line of output is one cycle, got nothing',
      'field `track`: expected no such field without `cycle`',
    ],
  ],
  [
    'a scenario with neither',
    [fixture('bad/neither.mjs')],
    [
      'field `cycle`: expected a function, or `command`: what to run instead, or `load` on a server, got nothing',
      'field `install`: expected no such field without `needs.command`',
    ],
  ],
  [
    'load that cannot be',
    [fixture('bad/load.mjs')],
    [
      'field `load.url`: expected a URL such as \'http://127.0.0.1:8080/\', or a function that returns it, got "ftp://127.0.0.1/"',
      'field `load.connections`: expected a whole number above 0, got 0',
      'field `load.rate`: expected requests per second, above 0, got 0',
      'field `load.method`: expected "GET" or "POST" or',
      'field `load.headers`: expected headers that HTTP allows, such as { accept: \'text/plain\' }, got {"a b":"x"}',
      'field `load.hangUpAfter`: expected a duration',
      'unknown field `load.pipelining`',
    ],
  ],
  [
    'load beside what it cannot be with',
    [fixture('bad/load-beside.mjs')],
    [
      'field `cycleMark`: expected either `cycleMark` or `load`, not both',
      'field `setup`: expected a function that starts the server, or `command`',
      'field `cycles`: expected no `cycles` beside `load.amount`',
      'field `load.hangUpAfter`: expected less than `cycleTimeout`, got "20s"',
      'field `concurrency`: expected `load.connections` instead',
    ],
  ],
  [
    'fields of the wrong type',
    [fixture('bad/wrong-type.mjs')],
    [
      'field `cycles`: expected a whole number above 0, got "many"',
      'field `needs.etcd`: expected true, false or { nodes: 3, tls: true, auth: true }, of 5 nodes at most, got "yes"',
      'field `cycleTimeout`: expected a duration',
    ],
  ],
  [
    'an uncaught that is neither',
    [fixture('bad/uncaught.mjs')],
    ['field `uncaught`: expected "fail-cycle" or "crash", got "ignore"'],
  ],
  [
    'a budget that is not a number',
    [fixture('bad/wrong-budget.mjs')],
    ['field `budget.threads`: expected a number', 'got "few"'],
  ],
  [
    'a budget for an unknown resource',
    [fixture('bad/unknown-resource.mjs')],
    ['expected a resource of this target, got "thread"', 'Known here: threads, fds'],
  ],
  [
    'a --budget that is not a number',
    ['controls/idle', '--budget', 'threads=few'],
    ['Expected RESOURCE=NUMBER', 'got "threads=few"'],
  ],
  [
    'a --budget for an unknown resource',
    ['controls/idle', '--budget', 'thread=0'],
    ['--budget: expected a resource of this target, got "thread"'],
  ],
  [
    'a --budget that is a size, of what is counted',
    ['controls/idle', '--budget', 'fds=8MB'],
    ['--budget fds: expected a count, such as 8, got "8MB": sizes are for memory'],
  ],
  [
    'a budget that is a size, of what is counted',
    [fixture('bad/size-of-a-count.mjs')],
    [
      'size-of-a-count.mjs: field `budget.sockets.peak`: expected a count, such as 8, got "64 kB": sizes are for memory',
    ],
  ],
  [
    'a scenario that throws at import',
    [fixture('bad/throws-at-import.mjs')],
    ['no database here', 'throws-at-import.mjs:1'],
  ],
  [
    'a scenario that waits for ever at import',
    [fixture('bad/hangs-at-import.mjs'), '--start-timeout', '2s'],
    ['it gave no answer within 2 s'],
  ],
  [
    'a scenario that blocks at import',
    [fixture('bad/blocks-at-import.mjs'), '--start-timeout', '2s'],
    ['it gave no answer within 2 s'],
  ],
  ['a scenario that leaves at import', [fixture('bad/leaves-at-import.mjs')], ['the target left with exit code 0']],
  [
    'a package that is not there',
    [fixture('bad/missing-package.mjs')],
    ["Cannot find package 'a-package-nobody-installed'", 'npm install a-package-nobody-installed'],
  ],
  ['a setup that throws', [fixture('bad/throws-in-setup.mjs')], ['`setup` failed: the table is missing']],
  [
    'an emitter that is none',
    [fixture('bad/no-emitter.mjs')],
    [/no-emitter\.mjs: `emitters` failed: expected an EventEmitter for "abort", got AbortSignal: .*getEventListeners/],
  ],
  [
    'a setup that hangs',
    [fixture('bad/hangs-in-setup.mjs'), '--start-timeout', '2s'],
    ['`setup` failed: it gave no answer within 2 s'],
  ],
  [
    'a --node that is none',
    ['controls/idle', '--node', '/nonexistent/node'],
    ['--node /nonexistent/node: expected a Node that starts'],
  ],
  [
    'a --node that leaves at once',
    ['controls/idle', '--node', 'false'],
    ['--node false: expected a Node that starts, got: the target left with exit code 1'],
  ],
  [
    'a --node that is another program',
    ['controls/idle', '--node', 'cat'],
    ['--node cat: expected a Node that starts, got: the target left with exit code 1', '--expose-gc'],
  ],
  ['an --etcd that is no URL', ['etcd3/put', '--etcd', 'somewhere'], ['--etcd: expected auto, docker, local or a URL']],
  [
    'a folder that cannot be written to',
    ['controls/idle', '--out', '/proc/holdwater'],
    ['--out /proc/holdwater: expected a folder that can be written to'],
  ],
  [
    'a length that is no number',
    ['controls/idle', '--cycles', 'many'],
    ['Expected a whole number above 0, got "many"'],
  ],
  [
    'a resolution that rules out next to nothing',
    ['controls/idle', '--resolution', '2'],
    ['Expected one leak in 10 cycles (1/10) or a finer rate above 0, such as 1/1000, got "2"'],
  ],
  [
    'a scenario with such a resolution',
    [fixture('bad/coarse-resolution.mjs')],
    [
      "field `resolution`: expected one leak in 10 cycles ('1/10') or a finer rate above 0, such as '1/1000', got \"1/2\"",
    ],
  ],
  ['an unknown option', ['controls/idle', '--budgets', 'threads=0'], ["unknown option '--budgets'"]],
  [
    'an unknown reporter',
    ['controls/idle', '--reporter', 'pdf'],
    ['Expected a list of terminal, html, json, junit, markdown, github, got "pdf"'],
  ],
]

describe.concurrent('bad input', () => {
  it.each(cases)('%s', async (_, args, says) => {
    const { code, stderr, tmp } = await holdwater(['run', ...args])
    expect(code, stderr).toBe(2)
    for (const said of says) expect(stderr).toMatch(said)
    expect(stderr, 'a stack of ours is no message').not.toMatch(/harness\/(?!cli)|node:internal/)
    expect(readdirSync(tmp)).toEqual([])
    expect(bearing(tmp)).toEqual([])
  })

  /** On a terminal of 60 columns, by util-linux's `script`. */
  const onTerminal = (...args: string[]): string[] => {
    const words = [process.execPath, 'harness/cli.ts', ...args].map((word) => `'${word}'`).join(' ')
    const made = ['-qec', `stty cols 60; ${words}`, '/dev/null']
    const { stdout } = spawnSync('script', made, { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    return stdout.trimEnd().split(/\r?\n/)
  }
  it.skipIf(!hasScript).each([
    ['nowhere', ['run', 'nowhere/at-all'], /^nowhere\/at-all: no such scenario\. Expected a file/],
    ['an option', ['run', '--reporter', 'pdf'], /^error: option .* Expected a list of terminal, html, json/],
    ['a field', ['run', fixture('bad/wrong-type.mjs')], /: field `needs\.etcd`: expected true, false or/],
  ])(`is told in the width of a terminal: %s${needsScript}`, (_, args, says) => {
    const lines = onTerminal(...args, '--out', scratch().out)
    expect(lines.filter((line) => line.length > 60 && line.includes(' '))).toEqual([])
    expect(lines.map((line) => line.trim()).join(' ')).toMatch(says)
  })
  it('is told in one line in a pipe', async () => {
    const { stderr } = await holdwater(['run', 'nowhere/at-all'])
    expect(stderr).toMatch(/^nowhere\/at-all: .* a name of `holdwater list`\.\n$/)
  })

  it('an --etcd that nobody answers', async () => {
    const { code, stderr, tmp } = await holdwater(['run', 'etcd3/put', '--etcd', 'http://127.0.0.1:1'])
    expect(code).toBe(2)
    expect(stderr).toMatch('--etcd http://127.0.0.1:1: expected an etcd that answers there, got: connect ECONNREFUSED')
    expect(readdirSync(tmp)).toEqual([])
  })

  it('an --etcd that accepts and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const { code, stderr } = await holdwater(['run', 'etcd3/put', '--etcd', `http://127.0.0.1:${port}`])
    silent.close()
    expect(code).toBe(2)
    expect(stderr).toMatch('expected an etcd that answers there')
  })

  it('no etcd anywhere: lists the ways to get one', async () => {
    // Node itself is found by its path; nothing else is on this PATH but what finds a package manager.
    const { code, stderr } = await holdwater(['run', 'etcd3/put'], {
      ...noEngine,
      PATH: '/nonexistent',
    })
    expect(code).toBe(2)
    expect(stderr).toMatch('needs a real etcd, and --etcd auto gave none')
    expect(stderr).toMatch('docker: no Docker engine answers')
    expect(stderr).toMatch('local: no etcd on the PATH')
    expect(stderr).toMatch('--etcd http://127.0.0.1:2379')
  })

  it.skipIf(!node20)(`a .ts scenario for a Node that cannot load it${needsNode20}`, async () => {
    const { code, stderr } = await holdwater(['run', fixture('bad/typed.ts'), '--node', node20 ?? ''])
    expect(code).toBe(2)
    expect(stderr).toMatch(/typed\.ts: a TypeScript scenario needs Node 22\.18 or newer, and .* is 20\./)
  })

  it('costs nothing that an earlier run has recorded', async () => {
    const { out } = scratch()
    const recording = join(out, 'controls', 'idle', 'recording.ndjson')
    const run = (...args: string[]) => holdwater(['run', 'controls/idle', '--cycles', '50', '--out', out, ...args])
    await run()
    const before = readFileSync(recording, 'utf8')
    expect((await run('--budget', 'fds=8MB')).code).toBe(2)
    expect(readFileSync(recording, 'utf8')).toBe(before)
  })
})
