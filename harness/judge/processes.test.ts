import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import { judge } from './judge.ts'
import { lookByNow, lookEarly } from './look.ts'

const READINGS = 201
type At = Record<string, number>

/** A run of a tree, read every 50 cycles: the threads of each process, by number and name; their sum is judged as ever. */
function treeOf(processesAt: (i: number) => At) {
  const all = Array.from({ length: READINGS }, (_, i) => processesAt(i))
  const recording = recordingOf({ threads: all.map((at) => Object.values(at).reduce((sum, n) => sum + n, 0)) })
  for (const [i, checkpoint] of recording.checkpoints.entries()) {
    const processes = Object.fromEntries(Object.entries(all[i] as At).map(([id, threads]) => [id, { threads }]))
    Object.assign(checkpoint, { cycles: i * 50, processes })
  }
  return recording
}
/** A worker that is replaced every 20 readings; of its life so far: how many threads it has. */
const replaced = (threads: (lived: number) => number) =>
  treeOf((i) => ({ '1 gunicorn': 3, [`${100 + Math.floor(i / 20)} python3 app.py`]: threads(i % 20) }))

describe('a process of a tree', () => {
  it('that is replaced hides nothing: its lives grow to their ends', () => {
    const recording = replaced((lived) => 2 + lived)
    const { verdict, because, confirmed, resources } = judge(recording)
    expect([verdict, because, confirmed]).toEqual(['leaking', 'threads of python3 app.py', false])
    expect(resources.find(({ name }) => name === because)?.growthPerCycle).toBeCloseTo(1 / 50, 2)
    expect(resources.find(({ name }) => name === 'threads')?.verdict).not.toBe('leaking')
    expect(lookByNow(recording)).toBe('leaking')
  })
  it('that is replaced is seen, also where it is read while it ends', () => {
    expect(judge(replaced((lived) => (lived === 19 ? 0 : 2 + lived))).because).toBe('threads of python3 app.py')
  })
  it('that is replaced is seen where it is read ever more seldom', () => {
    const cycleAt = (i: number) => Math.round(800 * (1 - (1 - i / READINGS) ** 0.5))
    const recording = treeOf((i) => ({
      '1 gunicorn': 3,
      [`${100 + Math.floor(cycleAt(i) / 40)} w`]: 2 + (cycleAt(i) % 40),
    }))
    for (const [i, checkpoint] of recording.checkpoints.entries()) Object.assign(checkpoint, { cycles: cycleAt(i) })
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'threads of w' })
  })
  it('that is alone for a moment lives on', () => {
    const recording = treeOf((i) => ({ '1 main': 300 - i, '2 worker': 10 + i }))
    for (const [i, checkpoint] of recording.checkpoints.entries())
      if (i % 8 === 0) Object.assign(checkpoint, { processes: undefined })
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'threads of worker' })
  })
  it('that grows while another shrinks is seen', () => {
    const recording = treeOf((i) => ({ '1 main': 300 - i, '2 worker': 10 + i }))
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'threads of worker' })
  })
  it('that leaks beside nothing is named, beside the sum', () => {
    const { because, resources } = judge(treeOf((i) => ({ '1 sh': 1, '2 python3 app.py': 10 + i })))
    expect(because).toBe('threads')
    expect(resources.filter(({ verdict }) => verdict === 'leaking').map(({ name }) => name)).toEqual([
      'threads',
      'threads of python3 app.py',
    ])
  })
  it('that leaks beside a warm-up in each of its lives does not hide in it', () => {
    expect(judge(replaced((lived) => 2 + Math.min(20, 10 * lived) + Math.floor(lived / 2))).verdict).toBe('leaking')
  })
  it('needs a second run, however sure its first is', () => {
    const { confirmed } = judge(treeOf((i) => ({ '1 main': 900 - 3 * i, '2 worker': 10 + 3 * i })))
    expect(confirmed).toBe(false)
  })
  it('in a language that collects has to outlast that', () => {
    const recording = treeOf((i) => ({ '1 main': 300 - i, '2 worker': 10 + i }))
    const fds = JSON.parse(JSON.stringify(recording).replaceAll('"threads"', '"fds"'))
    const lasting = (ms: number, collectors: string[]) => {
      for (const [i, checkpoint] of fds.checkpoints.entries()) checkpoint.ms = (i * ms) / READINGS
      return judge({
        ...recording,
        ...fds,
        samples: recording.samples,
        start: { line: 'start', ms: 0, readings: {}, collectors },
      })
    }
    expect(lasting(60_000, []).because).toBe('fds of worker')
    expect(lasting(60_000, ['Java']).resources.map(({ name }) => name)).toEqual(['fds'])
    expect(lasting(200_000, ['Java']).because).toBe('fds of worker')
  })
  it('that a baseline accepts, as the sum that it is part of, is accepted', () => {
    const recording = treeOf((i) => ({ '1 sh': 1, '2 python3 app.py': 10 + i }))
    const until = '2999-01-01'
    recording.header.plan.accepted = {
      threads: { growthPerCycle: 0.02, low: 0.015, high: 0.025, reason: '#12', until },
    }
    expect(judge(recording)).toMatchObject({ verdict: 'clean' })
    expect(judge(recording).resources.map(({ name }) => name)).toEqual(['threads'])
  })
  it('of another run is another, whatever its number', () => {
    const recording = treeOf((i) => ({ '1 main': 5, '2 worker': i < 100 ? 10 + i : 10 }))
    const shard = { line: 'event' as const, ms: 0, cycles: 5000, kind: 'shard' as const, text: '' }
    expect(judge({ ...recording, events: [shard] }).because).not.toBe('threads of worker')
  })
  it.each([
    [
      'takes over the work of another by its name',
      treeOf((i) => ({ '1 main': 3, '2 w': 100 - (i >> 2), '3 w': 100 + (i >> 2) })),
    ],
    [
      'replaces another that goes on for a while',
      treeOf((i) => ({ '1 main': 3, '2 w': Math.max(0, 200 - i), '3 w': i })),
    ],
    ['has one job to do', treeOf((i) => ({ '1 main': 300 - Math.min(i, 130), ...(i < 130 ? { '2 job': i } : {}) }))],
    ['warms up in each of its lives', replaced((lived) => 2 + Math.min(lived, 8))],
    ['fills a cache in each of its lives', replaced((lived) => Math.round(2 + 6 * Math.log(1 + lived)))],
    ['holds still', replaced(() => 4)],
    ['comes and goes', treeOf((i) => ({ '1 main': 5, ...(i % 3 === 0 ? { [`${i} job`]: 2 + (i % 7) } : {}) }))],
    ['has workers that share the work', treeOf((i) => ({ '1 main': 5, '2 w': 5 + (i % 4), '3 w': 9 - (i % 4) }))],
    ['was there for a while', treeOf((i) => ({ '1 main': 5, ...(i < 90 ? { '2 w': 5 + Math.min(3, i) } : {}) }))],
  ])('that %s leaks nothing', (_, recording) => {
    const { resources } = judge(recording)
    expect(resources.filter(({ verdict }) => verdict === 'leaking')).toEqual([])
  })
  it('is looked at before a run is called clean early', () => {
    // Their sum holds still.
    const recording = treeOf((i) => ({ '1 main': 300 - i, '2 worker': 10 + i }))
    expect(lookEarly({ ...recording, end: null })).toBe('leaking')
    expect(lookEarly({ ...treeOf(() => ({ '1 main': 300, '2 worker': 10 })), end: null })).toBe('clean')
  })
  it('by another name is another', () => {
    const { resources } = judge(treeOf((i) => ({ '1 a': 10 + i, '2 b': 300 - i, '3 b': 5 })))
    expect(resources.map(({ name }) => name)).toEqual(['threads', 'threads of a'])
  })
})
