/** What leaks is named by the line that made it, whatever the target is made of and whatever it does. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { minifySync } from '@swc/core'
import { describe, expect, it } from 'vitest'
import type { Run } from '../harness/model.ts'
import { fixture, holdwater, needsNode20, node20, scratch } from './holdwater.ts'

/** A leak of an interval a cycle, told in some 200 of them; what is measured is known elsewhere. */
const short = ['--cycles', '400', '--resolution', '1/20', '--explain', 'auto', '--reporter', 'json']
const memoryOff = ['--budget', 'heap=off', '--budget', 'external=off', '--budget', 'exit=off']

async function explained(file: string, env: Record<string, string> = {}, ...args: string[]): Promise<Run> {
  const { results, stdout, stderr } = await holdwater(['run', file, ...short, ...memoryOff, ...args], env)
  const [run] = results?.runs ?? []
  if (!run) throw new Error(stdout + stderr)
  return run
}
const shownFrame = ({ suspects: [first] }: Run) => first?.stack[first.at ?? -1]
const sourceLine = ({ suspects: [first] }: Run) => first?.source?.text[first.source.at - first.source.first]

describe.concurrent('code', () => {
  it.each([
    ['of ESM', 'module.mjs', 4],
    ['of CommonJS', 'common.cjs', 2],
    ['in TypeScript', 'typed.mts', 6],
  ])('%s is named by its line', async (_, file, line) => {
    const run = await explained(fixture(`explain/${file}`))
    expect(run.suspects).toMatchObject([{ resource: 'timers', kind: 'interval', release: 'clearInterval()' }])
    expect(shownFrame(run)).toMatchObject({ file: `tests/fixtures/explain/${file}`, line, part: 'own' })
    expect(sourceLine(run)).toContain('setInterval')
    expect(run.suspects[0]?.growthPerCycle).toBeCloseTo(1, 1)
  })

  it('is named on a machine that gets busy meanwhile, too', async () => {
    const run = await explained(fixture('explain/grows-busy.mjs'))
    expect(run.suspects).toMatchObject([{ resource: 'listeners', kind: 'listener' }])
    expect(sourceLine(run)).toContain('process.on')
  })

  it.skipIf(!node20)(`of ESM on Node 20 is named by its line${needsNode20}`, async () => {
    const run = await explained(fixture('explain/module.mjs'), {}, '--node', node20 as string)
    expect(shownFrame(run)).toMatchObject({ file: 'tests/fixtures/explain/module.mjs', line: 4 })
  })

  /** Minified into a folder of its own, one line long, its source beside it or not. */
  function minified(map: boolean): string {
    const folder = join(scratch().tmp, 'bundle')
    mkdirSync(folder)
    const source = `const filler = ${JSON.stringify('x'.repeat(500))}\nfunction leak() {\n  setInterval(() => filler, 1e6).unref()\n}\nexport default { title: 'minified', drainFor: '200ms', cycle: () => leak() }\n`
    const { code, map: mapped = '' } = minifySync({ 'source.mjs': source } as never, { module: true, sourceMap: true })
    writeFileSync(join(folder, 'package.json'), '{}')
    if (map) {
      writeFileSync(join(folder, 'source.mjs'), source)
      writeFileSync(join(folder, 'bundle.mjs.map'), mapped)
    }
    writeFileSync(join(folder, 'bundle.mjs'), map ? `${code}\n//# sourceMappingURL=bundle.mjs.map\n` : code)
    return join(folder, 'bundle.mjs')
  }

  it('that is minified, with a source map, is named by the line a person wrote', async () => {
    const run = await explained(minified(true))
    expect(shownFrame(run)).toMatchObject({ file: 'source.mjs', line: 3 })
    expect(sourceLine(run)).toBe('  setInterval(() => filler, 1e6).unref()')
  })

  it('that a bundler wrote, and only its source map knows, is named by its line', async () => {
    const folder = join(scratch().tmp, 'webpack')
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{}')
    const source = `function leak() {\n  setInterval(() => {}, 1e6).unref()\n}\nexport default { title: 'bundle', drainFor: '200ms', cycle: () => leak() }\n`
    const { code, map = '' } = minifySync({ 'webpack://app/./src/leak.ts': source } as never, {
      module: true,
      sourceMap: true,
    })
    const withContent = { ...(JSON.parse(map) as object), sourcesContent: [source] }
    const inline = Buffer.from(JSON.stringify(withContent)).toString('base64')
    writeFileSync(join(folder, 'bundle.mjs'), `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`)
    const run = await explained(join(folder, 'bundle.mjs'))
    expect(shownFrame(run)).toMatchObject({ file: 'src/leak.ts', line: 2, part: 'own' })
    expect(sourceLine(run)).toBe('  setInterval(() => {}, 1e6).unref()')
  })

  it('that is minified, without one, is named by what surrounds its column', async () => {
    const run = await explained(minified(false))
    expect(shownFrame(run)).toMatchObject({ file: 'bundle.mjs', line: 1 })
    expect(sourceLine(run)).toContain('setInterval')
    expect(sourceLine(run)?.length).toBeLessThan(200)
  })
})

it('every kind is named by the line that made it, in one run', async () => {
  const run = await explained(fixture('explain/kinds.mjs'))
  const made = run.suspects.map(
    ({ kind, source }) => `${kind}: ${source?.text[source.at - source.first]?.match(/\/\/ (.*)/)?.[1]}`,
  )
  for (const expected of [
    'TCP socket: a socket',
    'HTTP/2 session: a session',
    'file handle: a handle',
    'directory handle: a directory',
    'file descriptor: a descriptor',
    'message port: a channel',
    'timeout: a timeout',
    'timeout: an idle session',
    'accepted socket: the servers',
  ])
    expect(made).toContain(expected)
  // Two lines, of one kind.
  const listeners = run.suspects.filter(({ what }) => what !== null).map(({ kind, what }) => `${kind}: ${what}`)
  expect(listeners.sort()).toEqual(['event listener: abort of AbortSignal', 'listener: changed of EventEmitter'])
  // One of each server, in whose stacks the sessions are, too.
  expect(run.suspects.find(({ kind }) => kind === 'accepted socket')?.growthPerCycle).toBeCloseTo(2, 1)
  // Each by a call that it has.
  const releases = Map.groupBy(run.suspects, ({ kind }) => kind)
  const released = (kind: string) => releases.get(kind)?.map(({ release }) => release)
  expect(released('listener')).toEqual(['off()'])
  expect(released('event listener')).toEqual(['removeEventListener()'])
  expect(released('timeout')?.sort()).toEqual(['clearTimeout()', 'setTimeout(0) on the session or its destroy()'])
  expect(run.unexplained).toEqual([])
})

/** A package that asks a broker, over one connection, to keep queues, and the scenario that leaves one there each cycle. */
function leavesQueues(): string {
  const folder = join(scratch().tmp, 'queues')
  const broker = join(folder, 'node_modules/broker')
  mkdirSync(broker, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  writeFileSync(join(broker, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  writeFileSync(
    join(broker, 'index.js'),
    `import { once } from 'node:events'
import { connect as open, createServer } from 'node:net'
export async function serve() {
  const queues = new Set()
  const server = createServer((socket) =>
    socket.setEncoding('utf8').on('data', (text) => {
      if (text.startsWith('declare ')) queues.add(text)
      socket.write(String(queues.size))
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
export async function connect(port) {
  const socket = open(port, '127.0.0.1').setEncoding('utf8')
  await once(socket, 'connect')
  const ask = async (text) => {
    socket.write(text)
    const [answer] = await once(socket, 'data')
    return Number(answer)
  }
  return {
    queues: { look: (name) => ask('look ' + name), declare: (name) => ask('declare ' + name), count: () => ask('count') },
    end: () => socket.destroy(),
  }
}
`,
  )
  const file = join(folder, 'queues.mjs')
  writeFileSync(
    file,
    `import { connect, serve } from 'broker'
let server, broker
export async function setup() {
  server = await serve()
  broker = await connect(server.address().port)
}
export async function cycle(index) {
  await broker.queues.look('job-' + index)
  await broker.queues.declare('job-' + index)
}
export const serverState = async () => ({ queues: await broker.queues.count() })
export function teardown() {
  broker.end()
  server.close()
}
`,
  )
  return file
}

it('what a server keeps is named by the call that asked for it', async () => {
  const run = await explained(leavesQueues())
  expect(run.suspects[0]).toMatchObject({ kind: 'call', what: 'broker.queues.declare', resources: ['server.queues'] })
  expect(run.suspects[0]?.growthPerCycle).toBeCloseTo(1, 1)
  expect(shownFrame(run)).toMatchObject({ file: 'queues.mjs', line: 9 })
  expect(run.suspects.filter(({ unit }) => unit === 'bytes')).toEqual([])
  expect(run.unexplained).toEqual([])
})

describe.concurrent('timeouts that nobody clears', () => {
  const soaked = async (wait: string, ...args: string[]) => {
    const cycles = [...short, '--cycles', '2000', '--until', 'end']
    const { results, out } = await holdwater(['run', fixture('explain/ending.mjs'), ...cycles, ...args], { WAIT: wait })
    return { run: results?.runs[0] as Run, out }
  }
  it('meet no limit where they end by themselves before, unless they are set anew', async () => {
    const { run, out } = await soaked('600000')
    expect([run.verdict, run.suspects[0]?.endsAfterMs]).toEqual(['leaking', 600_000])
    expect(run.forecast).toBe(
      'All that leaks ends by itself after 10 min 0 s and meets no limit, unless it is set anew each time.',
    )
    expect(run.resources.filter(({ forecast }) => forecast !== null)).toEqual([])
    expect(run.suspects[0]?.sentence).toMatch(/It ends by itself after 10 min 0 s, .* --for 20m --until end would\.$/)
    const again = await holdwater(['report', out, '--reporter', 'json'])
    expect(again.code).toBe(3)
    const judged = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as { runs: Run[] }
    expect([judged.runs[0]?.forecast, judged.runs[0]?.suspects]).toEqual([run.forecast, run.suspects])
  })
  it('meet it where it comes first', async () => {
    const { run } = await soaked('2000000000')
    expect(run.forecast).toMatch(/^Dies of V8's heap limit, .* at one every 0\.1 s\.$/)
    expect(run.suspects[0]?.endsAfterMs).toBe(2_000_000_000)
  })
})

it('what was recorded names the same suspects when it is judged again', async () => {
  const { results, out } = await holdwater(['run', fixture('explain/module.mjs'), ...short, ...memoryOff])
  const again = await holdwater(['report', out, '--reporter', 'json'])
  expect(again.code).toBe(3)
  const file = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as { runs: Run[] }
  expect(file.runs[0]?.suspects).toHaveLength(1)
  expect(file.runs[0]?.suspects).toEqual(results?.runs[0]?.suspects)
  expect(file.runs[0]?.recordings.map(({ role }) => role)).toEqual(['measure', 'explain'])
})

describe.concurrent('a target that', () => {
  it.each(['prepareStackTrace', 'frozen', 'everything'])(
    'puts its own in the place of %s is explained, and finds its own there',
    async (what) => {
      const run = await explained(fixture('explain/hostile.mjs'), { HOSTILE: what })
      expect([run.verdict, run.failedCycles]).toEqual(['leaking', 0])
      expect(shownFrame(run)).toMatchObject({ file: 'tests/fixtures/explain/hostile.mjs', line: 44, function: 'leak' })
      expect(run.events.filter(({ kind }) => kind === 'failed-cycle')).toEqual([])
    },
  )

  it('has workers, a cluster and children of its own is explained, and they run', async () => {
    const run = await explained(fixture('explain/processes.mjs'))
    expect([run.verdict, run.failedCycles]).toEqual(['leaking', 0])
    expect(run.suspects).toMatchObject([{ kind: 'interval' }])
    expect(shownFrame(run)).toMatchObject({ line: 18, function: 'leak' })
  })

  it('holds its process, and bears no one who lists what does, is explained all the same', async () => {
    const run = await explained(
      fixture('explain/hostile.mjs'),
      { HOSTILE: 'frozen', HOLDS: '1' },
      '--budget',
      'exit=warn',
    )
    expect(run.suspects).toMatchObject([{ kind: 'interval' }])
    expect(run.exit?.holding).toEqual([{ what: 'Timeout', count: 1, at: null }])
  })

  it('is ended while it is explained keeps its verdict, and the report says so', async () => {
    const { tmp } = scratch()
    const run = await explained(fixture('explain/killed.mjs'), { MARK: join(tmp, 'mark') })
    expect([run.verdict, run.outcome]).toEqual(['leaking', 'fail'])
    expect(run.unexplained.join('\n')).toMatch(/cut short near cycle \d+: .*SIGKILL/)
  })
})
