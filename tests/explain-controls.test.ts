/** Every leaky control is named by its own line, and nothing is suspected of a clean one. */
import { describe, expect, it } from 'vitest'
import type { Run } from '../harness/model.ts'
import { hasEtcd, holdwater, needsEtcd } from './holdwater.ts'

/** The first suspect of each: its kind, the resource it is counted in, and what stands on the line that it names. */
const controls: Record<string, readonly [kind: string, resource: string, line: RegExp]> = {
  child: ['child process', 'children', /spawn\('sleep'/],
  external: ['buffer', 'external', /Buffer\.alloc/],
  'external-late': ['buffer', 'external', /Buffer\.alloc/],
  fd: ['file descriptor', 'fds', /openSync\(/],
  handle: ['file watcher', 'handles', /watch\(dir/],
  heap: ['allocation', 'heap', /Array\.from/],
  instance: ['allocation', 'instances:Tracked', /open\(\) \{/],
  listener: ['listener', 'listeners', /process\.on\(/],
  'native-thread': ['thread', 'threads', /^$/],
  pipe: ['pipe server', 'sockets', /\.listen\(/],
  socket: ['UDP socket', 'sockets', /createSocket\(/],
  timer: ['timeout', 'timers', /setTimeout\(/],
  'unref-interval': ['interval', 'timers', /setInterval\(/],
  'unref-socket': ['UDP socket', 'sockets', /createSocket\(/],
  'unref-worker': ['worker', 'workers', /new Worker\(/],
  worker: ['worker', 'workers', /new Worker\(/],
}
const onEtcd: typeof controls = {
  lease: ['lease', 'etcd.leases', /request\(/],
  watcher: ['watcher', 'etcd.watchers', /request\(/],
  key: ['key', 'etcd.keys', /^$/],
}

const soak = async (kinds: readonly string[], twin: string, ...more: string[]): Promise<readonly Run[]> => {
  const files = kinds.map((kind) => `scenarios/controls/${kind}.${twin}.scenario.ts`)
  const { results, stdout, stderr } = await holdwater([...['run', ...files], '--reporter', 'json', ...more])
  if (!results) throw new Error(stdout + stderr)
  return results.runs
}

const named = ({ suspects: [first] }: Run) => [
  first?.kind,
  first?.resource,
  first?.source ? (first.source.text[first.source.at - first.source.first] ?? null) : '',
]

describe.concurrent.each([
  ['', controls, []],
  [needsEtcd, onEtcd, ['--etcd', 'local']],
] as const)('controls%s', (missing, table, more) => {
  const skipped = missing !== '' && !hasEtcd
  it.skipIf(skipped)('that leak are named by their own line', async () => {
    const runs = await soak(Object.keys(table), 'leaky', '--explain', 'auto', ...more)
    expect(runs.map(named)).toEqual(
      Object.values(table).map(([kind, resource, line]) => [kind, resource, expect.stringMatching(line)]),
    )
    expect(runs.flatMap(({ unexplained }) => unexplained)).toEqual([])
  })

  // One of each way to see something; `npm run bench:suspects` has them all, ten times.
  const some = Object.keys(table).filter((kind) =>
    /^(child|fd|heap|listener|native-thread|timer|worker|lease|key)$/.test(kind),
  )
  it.skipIf(skipped)('that are clean have no suspect', async () => {
    const runs = await soak(some, 'clean', '--explain', 'always', ...more)
    expect(runs.map(({ verdict, suspects, unexplained }) => [verdict, suspects, unexplained])).toEqual(
      runs.map(() => ['clean', [], []]),
    )
    expect(runs.map(({ recordings }) => recordings.at(-1)?.role)).toEqual(runs.map(() => 'explain'))
  })
})
