import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import type { PlannedResource, Recording, ResourceVerdict } from '../model.ts'
import { judge } from './judge.ts'
import { apparentLeaks, lookByNow, lookEarly } from './look.ts'

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

const flat = repeat(101, () => 7)
const leak = repeat(101, (i) => i * 100)
const exit = { code: null, signal: 'SIGKILL', stderrTail: '' }

describe('the verdict of a run', () => {
  it('is clean when every gate is', () => {
    expect(judge(recordingOf({ threads: flat, fds: flat }))).toMatchObject({ verdict: 'clean' })
  })

  it('is leaking when one gate is, and names the most telling resource', () => {
    const { verdict, because } = judge(recordingOf({ fds: leak, threads: leak, workers: leak, timers: flat }))
    expect([verdict, because]).toEqual(['leaking', 'workers'])
  })

  it('is inconclusive when a gate is and none leaks', () => {
    const short = recordingOf({ threads: flat.slice(0, 20) })
    expect(judge(short)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'too-short', because: 'threads' })
  })

  it('never rests on no reading', () => {
    const none = repeat(101, () => null)
    expect(judge(recordingOf({ threads: none }))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'no-gate' })
    expect(judge(recordingOf({ threads: [] }))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'no-checkpoints' })
  })

  it('leaves out what is only defaulted and cannot be read, and not what is named', () => {
    const series = { threads: flat, timers: repeat(101, () => null) }
    expect(judge(recordingOf(series))).toMatchObject({ verdict: 'clean' })
    expect(judge(recordingOf(series, { named: ['timers'] }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'not-read',
      because: 'timers',
    })
  })

  it('is inconclusive when a gate stops being read, and forgives a missed reading', () => {
    const stops = repeat(101, (i) => (i < 40 ? 7 : null))
    const misses = repeat(101, (i) => (i === 40 ? null : 7))
    expect(judge(recordingOf({ threads: flat, handles: stops }))).toMatchObject({ reasonCode: 'stopped-being-read' })
    expect(judge(recordingOf({ threads: flat, handles: misses }))).toMatchObject({ verdict: 'clean' })
  })

  describe('on memory', () => {
    const growing = repeat(101, (i) => 1e7 + i * 1e6)
    const memory = (collectedFrom: number, changed: Partial<PlannedResource>) => {
      const recording: Mutable<Recording> = recordingOf({ threads: flat, heap: growing })
      for (const resource of recording.header.plan.resources)
        if (resource.name === 'heap') Object.assign(resource, { level: 'error', perCycle: 200, ...changed })
      recording.checkpoints.forEach((checkpoint, i) => {
        checkpoint.collected = i >= collectedFrom
      })
      return recording
    }

    it('rests on checkpoints that came after a full collection, and on no other', () => {
      expect(judge(memory(0, {}))).toMatchObject({ verdict: 'leaking', because: 'heap' })
      expect(judge(memory(50, {}))).toMatchObject({ verdict: 'leaking', because: 'heap' })
    })

    it('that was never read is no pass, but in a smoke test and in a run of under 500 cycles', () => {
      expect(judge(memory(101, {}))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'not-read', because: 'heap' })
      const [quick, short] = [memory(101, {}), memory(101, {})]
      quick.header.plan.length.quick = true
      Object.assign(short.end as object, { cycles: 400 })
      expect([judge(quick).verdict, judge(short).verdict]).toEqual(['clean', 'clean'])
      expect(judge({ ...short, end: null }).resources.find(({ name }) => name === 'heap')?.verdict).toBe(null)
    })

    const heapOf = (verdict: ReturnType<typeof judge>) => verdict.resources.find(({ name }) => name === 'heap')
    const ofHeap = (value: (i: number) => number, collectedFrom: number, changed: Partial<PlannedResource> = {}) => {
      const recording = memory(collectedFrom, changed)
      for (const [i, checkpoint] of recording.checkpoints.entries()) checkpoint.readings.heap = value(i)
      return recording
    }

    it('that too few readings could judge is no pass, but in a smoke test, which says so', () => {
      // What is not collected stands above what is.
      const few = ofHeap((i) => (i < 95 ? 2.5e7 : 1e7 + i * 1e5), 95)
      expect(judge(few)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
      few.header.plan.length.quick = true
      const quick = judge(few)
      expect(quick).toMatchObject({ verdict: 'clean' })
      expect(heapOf(quick)).toMatchObject({
        verdict: null,
        reasonCode: 'not-judged',
        facts: { unread: 'only 6 readings' },
      })
      // More than a young heap, since before the first cycle.
      few.start = { line: 'start', ms: 0, readings: { heap: 1e6 } }
      expect(judge(few)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
      expect(judge(memory(95, { named: true }))).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
      expect(judge(memory(101, { named: true }))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'not-read' })
    })

    it('that rose before it was read, and held still then, is clean once it held still over half of the cycles', () => {
      const random = seeded(6)
      const still = (collectedFrom: number) => {
        const recording = ofHeap(() => 3e7 + 1000 * random.normal(), collectedFrom)
        return { ...recording, start: { line: 'start' as const, ms: 0, readings: { heap: 5e6 } } }
      }
      const late = judge(still(75))
      expect(late).toMatchObject({ verdict: 'inconclusive', because: 'heap', reasonCode: 'grew-before' })
      expect(heapOf(late)?.facts.moreCycles).toBeGreaterThan(5000)
      expect(judge(still(50))).toMatchObject({ verdict: 'clean' })
      // A table that doubles does so once in any half of a run; later calm does not undo that.
      const doubled = ofHeap((i) => (i < 70 ? 2e7 : 3e7) + 1000 * random.normal(), 50)
      doubled.start = { line: 'start', ms: 0, readings: { heap: 5e6 } }
      expect(judge(doubled).verdict).not.toBe('clean')
      // It rose by no more than its budget over all cycles.
      const little = ofHeap(() => 7e6 + 1000 * random.normal(), 75)
      little.start = { line: 'start', ms: 0, readings: { heap: 5.5e6 } }
      expect(judge(little)).toMatchObject({ verdict: 'clean' })
    })

    it('that grows within its budget says what it rose by before it was read', () => {
      const random = seeded(13)
      const small = ofHeap((i) => 9e6 + 36 * i * 100 + 500 * random.normal(), 50)
      const from = (heap: number) => ({ ...small, start: { line: 'start' as const, ms: 0, readings: { heap } } })
      expect(heapOf(judge(from(8e6)))).toMatchObject({
        reasonCode: 'within-budget',
        facts: { rose: expect.closeTo(1.3e6, -5) },
      })
      expect(heapOf(judge(from(9e6)))?.facts.rose).toBe(undefined)
    })

    it('that setup left and the cycles let go of is not what it is held against', () => {
      const random = seeded(8)
      const rose = ofHeap((i) => (i < 5 ? 6e6 : i < 50 ? 6e6 + i * 4e5 : 3e7) + 1000 * random.normal(), 75)
      rose.start = { line: 'start', ms: 0, readings: { heap: 1e8 } }
      expect(judge(rose)).toMatchObject({ verdict: 'inconclusive', because: 'heap', reasonCode: 'grew-before' })
    })

    it('outside the heap V8 compiles nothing: 3 MB are no warm-up there', () => {
      const random = seeded(9)
      const of = (name: 'heap' | 'external') => {
        const recording = recordingOf({ threads: flat, [name]: repeat(101, () => 5e6 + 1000 * random.normal()) })
        for (const resource of recording.header.plan.resources)
          if (resource.name === name)
            Object.assign(resource, { view: 'runtime', unit: 'bytes', level: 'error', perCycle: 50 })
        for (const [i, checkpoint] of recording.checkpoints.entries()) checkpoint.collected = i >= 75
        return { ...recording, start: { line: 'start' as const, ms: 0, readings: { [name]: 3.8e6 } } }
      }
      expect(judge(of('heap'))).toMatchObject({ verdict: 'clean' })
      expect(judge(of('external'))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'grew-before' })
    })

    it('a step may come again: what is calm after it rules out no more than its length allows', () => {
      const random = seeded(10)
      const stepped = ofHeap((i) => (i < 60 ? 1e7 : 1.1e7) + 1000 * random.normal(), 40)
      const verdict = judge(stepped)
      expect(verdict).toMatchObject({ verdict: 'clean' })
      // 1 MB once in the 3,000 calm cycles would be 333 B per cycle.
      expect(heapOf(verdict)?.budget).toBeGreaterThan(333)
      expect(heapOf(verdict)?.budget).toBeLessThan(10 * 333)
      const named = ofHeap((i) => stepped.checkpoints[i]?.readings.heap as number, 40, { named: true })
      expect(judge(named)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
      // The first steps of a warm-up do not come alone.
      const warming = ofHeap((i) => 1.1e7 - 1e6 * Math.exp(-Math.max(0, i - 40) / 4) + 1000 * random.normal(), 40, {
        named: true,
      })
      expect(judge(warming)).toMatchObject({ verdict: 'clean' })
    })

    it('rises at the very end of a run, too', () => {
      const random = seeded(12)
      const turned = ofHeap((i) => 1e7 + 5e5 * Math.abs(i - 96) + 1000 * random.normal(), 80, { named: true })
      expect(judge(turned).verdict).not.toBe('clean')
    })

    it('that 200 B a cycle leave open is held to what the run can tell, once it is over, and the verdict has the figure', () => {
      const random = seeded(4)
      const noisy = ofHeap(() => 1e7 + 1e6 * random.normal(), 60)
      const verdict = judge(noisy)
      expect(verdict).toMatchObject({ verdict: 'clean' })
      const { budget, high, facts } = heapOf(verdict) as ResourceVerdict
      expect(facts.coarser).toBe(200)
      expect(budget).toBeGreaterThan(200)
      expect(budget).toBeLessThan(20_000)
      expect(high).toBeLessThanOrEqual(budget as number)
      expect(judge({ ...noisy, end: null }).resources).toContainEqual(
        expect.objectContaining({ name: 'heap', verdict: 'inconclusive' }),
      )
      const named = ofHeap((i) => noisy.checkpoints[i]?.readings.heap as number, 60, { named: true })
      expect(judge(named)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
    })

    it('that surely grows beyond its budget, or that could hide 20 kB a cycle, is no pass', () => {
      const random = seeded(5)
      // A warm-up that is over only now: no leak for sure, and growth all the same.
      const settling = ofHeap((i) => 1e7 + 3e6 * Math.log(1 + Math.max(0, i - 60) / 2) + 1e4 * random.normal(), 60)
      expect(heapOf(judge(settling))?.low).toBeGreaterThan(200)
      expect(judge(settling)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
      const wild = ofHeap(() => 1e9 + 1e8 * random.normal(), 60)
      expect(judge(wild)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
    })

    it('is held under its caps by every reading, and says how much longer the whole run would have to be', () => {
      const peak = recordingOf({ threads: flat, heap: repeat(101, (i) => (i === 20 ? 9e8 : 1e7)) })
      Object.assign(peak.header.plan.resources[1] as object, { level: 'error', named: true, perCycle: null, peak: 5e8 })
      for (const [i, checkpoint] of peak.checkpoints.entries()) checkpoint.collected = i > 60
      expect(judge(peak)).toMatchObject({ verdict: 'leaking', because: 'heap', reasonCode: 'over-peak' })
      const random = seeded(1)
      const noisy = recordingOf({ threads: flat, heap: repeat(101, () => 1e7 + 1e6 * random.normal()) })
      Object.assign(noisy.header.plan.resources[1] as object, { level: 'error', named: true, perCycle: 200 })
      for (const [i, checkpoint] of noisy.checkpoints.entries()) checkpoint.collected = i > 60
      expect(judge(noisy).resources[1]?.facts.moreCycles).toBeGreaterThan(10_000)
    })

    it('alone is no gate', () => {
      const recording = memory(0, {})
      recording.header.plan.resources = recording.header.plan.resources.filter(({ name }) => name === 'heap')
      for (const checkpoint of recording.checkpoints) checkpoint.readings = { heap: 1e7 }
      expect(judge(recording)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'no-gate' })
    })
  })

  it('cuts the series of a server at its resets, and no other', () => {
    const swept = repeat(101, (i) => (i < 90 ? i * 100 : (i - 90) * 100))
    const recording = recordingOf({ threads: flat, 'etcd.leases': swept })
    expect(judge(recording).verdict).not.toBe('leaking')
    const ofServer = recording.header.plan.resources.find(({ name }) => name === 'etcd.leases')
    Object.assign(ofServer as PlannedResource, { view: 'server' })
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'etcd.leases' })
  })

  it('has the forecast of what grows, and the headroom of what does not', () => {
    const limits = [{ resource: 'threads' as const, source: 'RLIMIT_NPROC', limit: 20_000, now: 12_000 }]
    const recording = recordingOf({ threads: leak, workers: flat })
    const judged = judge({ ...recording, limits: [{ line: 'limits', ms: 0, cycles: 0, limits }] })
    expect(judged.resources[0]?.forecast).toMatchObject({ limit: 20_000, source: 'RLIMIT_NPROC', cyclesLeft: 8000 })
    expect(judged.resources[0]?.headroom).toMatchObject({ left: 8000 })
    expect(judged.resources[1]).toMatchObject({ forecast: null, headroom: { left: 8000 } })
    expect(judged.dies).toMatchObject({ name: 'threads', cyclesLeft: 8000 })
  })

  it.each(['etcd-died', 'failed-cycles', 'cycle-timeout'] as const)('proves nothing after %s', (ending) => {
    expect(judge(recordingOf({ threads: leak }, { ending }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: ending,
    })
  })

  it('after the target died, believes overwhelming evidence only', () => {
    expect(judge(recordingOf({ threads: leak }, { ending: 'target-died', exit })).verdict).toBe('leaking')
    const weak = repeat(101, (i) => Math.floor(i / 15))
    expect(judge(recordingOf({ threads: weak })).verdict).toBe('leaking')
    expect(judge(recordingOf({ threads: weak }, { ending: 'target-died', exit }))).toMatchObject({
      reasonCode: 'target-died',
    })
    expect(judge(recordingOf({ threads: flat }, { ending: 'target-died', exit }))).toMatchObject({
      reasonCode: 'target-died',
    })
  })

  it('after a guard that ended the target, too', () => {
    const weak = repeat(101, (i) => Math.floor(i / 15))
    expect(judge(recordingOf({ threads: weak }, { ending: 'guard', exit }))).toMatchObject({ reasonCode: 'guard' })
  })

  it('proves nothing where more cycles failed than may, however few', () => {
    expect(judge(recordingOf({ threads: flat }, { failed: 101 }))).toMatchObject({ reasonCode: 'failed-cycles' })
    expect(judge(recordingOf({ threads: flat }, { failed: 100 }))).toMatchObject({ verdict: 'clean' })
  })

  it('of a recording that holdwater never finished is inconclusive', () => {
    expect(judge({ ...recordingOf({ threads: leak }), end: null })).toMatchObject({ reasonCode: 'cut-short' })
  })

  it('judges what serverState() returned, though no plan could name it', () => {
    const recording = recordingOf({ threads: flat, 'server.rows': leak })
    recording.header.plan.resources.pop()
    expect(judge(recording)).toMatchObject({ verdict: 'leaking', because: 'server.rows' })
  })
})

describe('an early look', () => {
  it('stops for a leak from 30 checkpoints on', () => {
    expect(lookEarly(recordingOf({ threads: leak.slice(0, 29) }))).toBe(null)
    expect(lookEarly(recordingOf({ threads: leak.slice(0, 31) }))).toBe('leaking')
  })

  it('stops for a clean run once every gate is clean', () => {
    expect(lookEarly(recordingOf({ threads: flat.slice(0, 40), fds: flat.slice(0, 40) }))).toBe(null)
    expect(lookEarly(recordingOf({ threads: flat, fds: flat }))).toBe('clean')
    expect(lookEarly(recordingOf({ threads: flat, fds: leak.map((v) => Math.floor((v ?? 0) / 1500)) }))).toBe(null)
  })

  it('goes on to the planned length where memory rose before it was read, by more than a young process learns', () => {
    const random = seeded(3)
    const of = (planned: number, started: number) => {
      const recording = recordingOf({ threads: flat, heap: repeat(101, () => 9e6 + 1000 * random.normal()) })
      for (const resource of recording.header.plan.resources)
        if (resource.name === 'heap') Object.assign(resource, { view: 'runtime', level: 'error', perCycle: 200 })
      for (const [i, checkpoint] of recording.checkpoints.entries())
        Object.assign(checkpoint, { cycles: i * 15, collected: i >= 61 })
      recording.header.plan.length.cycles = planned
      recording.header.plan.resolution = 1 / 100
      return { ...recording, start: { line: 'start' as const, ms: 0, readings: { heap: started } }, end: null }
    }
    expect(lookEarly(of(5000, 8.5e6))).toBe('clean')
    expect(lookEarly(of(5000, 6e6))).toBe('counts-clean')
    // A young heap may learn 4 MB in so few cycles.
    expect(lookEarly(of(1500, 6e6))).toBe('clean')
    expect(lookEarly(of(1500, 4e6))).toBe('counts-clean')
  })

  it('goes on while memory falls, which may hide what grows beside it', () => {
    const random = seeded(2)
    const of = (falls: number) => {
      const recording = recordingOf({
        threads: flat,
        heap: repeat(101, (i) => 1e8 - i * falls + 1000 * random.normal()),
      })
      for (const resource of recording.header.plan.resources)
        if (resource.name === 'heap') Object.assign(resource, { level: 'error', perCycle: 200 })
      for (const [i, checkpoint] of recording.checkpoints.entries()) checkpoint.collected = i >= 61
      return { ...recording, end: null }
    }
    expect([lookEarly(of(0)), lookByNow(of(0))]).toEqual(['clean', 'clean'])
    expect([lookEarly(of(5e5)), lookByNow(of(5e5))]).toEqual(['counts-clean', 'undecided'])
  })
})

describe('memory that rose before it was read', () => {
  const random = seeded(14)
  const heldFor = (drained: (number | null)[]) => {
    const recording = recordingOf({
      threads: repeat(106, () => 7),
      heap: [...repeat(101, () => 2.5e7 + 1000 * random.normal()), ...drained],
    })
    for (const resource of recording.header.plan.resources)
      if (resource.name === 'heap') Object.assign(resource, { level: 'error', perCycle: 200 })
    for (const [i, checkpoint] of recording.checkpoints.entries())
      Object.assign(checkpoint, {
        cycles: Math.min(i, 100) * 10,
        collected: i >= 75,
        phase: i > 100 ? 'drain' : 'run',
      })
    recording.header.plan.resolution = 1 / 20
    const checkpoints = recording.checkpoints.slice(0, 101 + drained.length)
    const start = { line: 'start' as const, ms: 0, readings: { heap: 1.5e7 } }
    return { ...recording, checkpoints, start, end: recording.end && { ...recording.end, cycles: 1000 } }
  }

  it('is given the time of a drain to return, down to what a young process learns', () => {
    expect(apparentLeaks(heldFor([]))).toEqual([{ name: 'heap', level: 1.5e7 + 4 * 1024 ** 2 }])
  })

  it('is given none where it is clean as it stands', () => {
    const still = heldFor([])
    still.start.readings.heap = 2.4e7
    expect(judge(still)).toMatchObject({ verdict: 'clean' })
    expect(apparentLeaks(still)).toEqual([])
  })

  it('is clean where the drain brought it back, and open where it did not', () => {
    expect(judge(heldFor(repeat(5, () => 1.8e7)))).toMatchObject({ verdict: 'clean' })
    expect(judge(heldFor(repeat(5, () => 2.5e7)))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'grew-before' })
  })
})

it('a final drain waits for what is up and not clean, and for nothing else', () => {
  expect(
    apparentLeaks(recordingOf({ threads: flat.slice(0, 20), fds: leak.slice(0, 20) })).map(({ name }) => name),
  ).toEqual(['fds'])
})
