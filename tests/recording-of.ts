/** A recording made up of series, for tests that judge or draw without running anything. */

import { seeded } from '../bench/verdicts/random.ts'
import {
  type CheckpointLine,
  type EndLine,
  type HeaderLine,
  type PlannedResource,
  RECORDING_SCHEMA,
  type Recording,
} from '../harness/model.ts'
import { openSamples } from '../harness/recording/samples.ts'

const planned = (name: string): PlannedResource => ({
  name,
  view: name === 'heap' ? 'runtime' : 'kernel',
  unit: name === 'heap' || name === 'rss' ? 'bytes' : 'count',
  level: name === 'heap' || name === 'rss' ? 'off' : 'error',
  named: false,
  perCycle: 0,
  total: null,
  peak: null,
})

/** @param series readings per resource at checkpoints of 100 cycles; null is no reading */
export function recordingOf(
  series: Record<string, (number | null)[]>,
  { expect = 'clean', named = [], ...end }: { expect?: 'clean' | 'leaking'; named?: string[] } & Partial<EndLine> = {},
): Recording {
  const header: HeaderLine = {
    line: 'header',
    schema: RECORDING_SCHEMA,
    tool: '0.0.0',
    startedAt: '2026-01-02T03:04:05.678Z',
    host: { os: 'Linux x86_64', kernel: '6.1.0', arch: 'x64', cores: 2, memory: 2 ** 34, node: '24.0.0' },
    etcd: { provider: 'local', version: '3.4.23', endpoints: ['http://127.0.0.1:2379'], pace: null, passedOver: [] },
    command: null,
    role: 'measure',
    url: null,
    jobs: 1,
    project: '/a',
    argv: ['run', 'a.scenario.ts'],
    revision: null,
    limits: [],
    plan: {
      scenario: { name: 'a/scenario', file: '/a/scenario.ts', title: 'a <scenario>', form: 'scenario', expect },
      needs: { etcd: true, nodes: 1, tls: false, auth: false, command: null },
      cycleMark: null,
      node: { path: 'node', version: '24.0.0' },
      length: { cycles: 10_000, forMs: 60_000, checkpoints: 100, quick: false, mostMs: null },
      until: 'verdict',
      endless: false,
      limits: [],
      cycleUnit: 'cycle',
      watched: false,
      resolution: 1 / 1000,
      coarsest: null,
      tree: false,
      warmup: null,
      concurrency: 1,
      load: null,
      cycleTimeoutMs: 10_000,
      cadenceMs: null,
      maxFailedCycles: 0.01,
      drainForMs: 10_000,
      startTimeoutMs: 30_000,
      guards: { threads: 2000, memory: 2 ** 32 },
      exit: { level: 'warn', withinMs: 5000 },
      resources: Object.keys(series).map((name) => ({ ...planned(name), named: named.includes(name) })),
      faults: [],
      seed: 1,
      accepted: {},
    },
  }
  const length = Math.max(0, ...Object.values(series).map((values) => values.length))
  const checkpoints = Array.from(
    { length },
    (_, i): CheckpointLine => ({
      line: 'checkpoint',
      ms: i * 100,
      phase: 'run',
      cycles: i * 100,
      failed: 0,
      readings: Object.fromEntries(Object.entries(series).map(([name, values]) => [name, values[i] ?? null])),
      unread: Object.fromEntries(
        Object.entries(series).flatMap(([name, values]) => (values[i] == null ? [[name, 'nobody home']] : [])),
      ),
      detail: {},
      collected: false,
      tookMs: 10,
    }),
  )
  const cycles = checkpoints.at(-1)?.cycles ?? 0
  const ended: EndLine = {
    line: 'end',
    ms: length * 100,
    cycles,
    failed: 0,
    faulted: { cycles: 0, failed: 0 },
    batchMs: 90,
    beforeMemory: null,
    ending: 'length',
    text: 'the planned length',
    exit: null,
  }
  const nothing = {
    samples: openSamples().samples,
    events: [],
    limits: [],
    faults: [],
    loads: [],
    start: null,
    crash: null,
    exit: null,
    ledgers: [],
    stacks: [],
    sources: [],
  }
  return { header, checkpoints, ...nothing, end: { ...ended, ...end } }
}

/**
 * The same of memory that gates, beside threads that hold still; it grows by 200 B per cycle at most where `changed` has no other budget.
 * @param heap bytes at checkpoints that are `every` cycles apart
 * @param how collectedFrom: the first checkpoint after a full collection; before: bytes before the first cycle; name: of the memory
 */
export function memoryRecording(
  heap: (number | null)[],
  {
    collectedFrom = 0,
    every = 100,
    before = null,
    name = 'heap',
    changed = {},
  }: {
    collectedFrom?: number
    every?: number
    before?: number | null
    name?: 'heap' | 'external' | 'native'
    changed?: Partial<PlannedResource>
  } = {},
): Recording {
  const recording = recordingOf({ threads: heap.map(() => 7), [name]: heap })
  Object.assign(recording.header.plan.resources[1] as PlannedResource, {
    view: 'runtime',
    unit: 'bytes',
    level: 'error',
    perCycle: 200,
    ...changed,
  })
  for (const [i, checkpoint] of recording.checkpoints.entries())
    Object.assign(checkpoint, { cycles: i * every, collected: i >= collectedFrom })
  const start = before === null ? null : { line: 'start' as const, ms: 0, readings: { [name]: before } }
  return { ...recording, start }
}

/** A command of a hundred checkpoints, one a second, whose memory is sampled four times as often; bytes by cycle. */
export function residentRecording(
  bytes: (cycle: number) => number,
  { named = false, perCycle = 20_000, every = 100, everyMs = 1000, checkpoints = 101 } = {},
): Recording {
  const random = seeded(4)
  const read = (cycle: number) => Math.round(bytes(cycle) + 0.3 * 1024 ** 2 * random.normal())
  const recording = recordingOf({
    threads: repeat(checkpoints, () => 7),
    rss: repeat(checkpoints, (i) => read(i * every)),
  })
  Object.assign(recording.header.plan, { cycleMark: { source: '^done', flags: '' }, resolution: 1 / 50 })
  Object.assign(recording.header.plan.resources[1] ?? {}, { level: 'error', named, perCycle })
  const samples = openSamples()
  for (let i = 0; i < 4 * (checkpoints - 1); i++) {
    const cycles = (i * every) / 4
    samples.add({ ms: (i * everyMs) / 4 + 1, cycles, readings: { rss: read(cycles) } })
  }
  for (const [i, checkpoint] of recording.checkpoints.entries())
    Object.assign(checkpoint, { cycles: i * every, ms: i * everyMs })
  return { ...recording, samples: samples.samples }
}

export const repeat = (n: number, value: (i: number) => number | null) => Array.from({ length: n }, (_, i) => value(i))
