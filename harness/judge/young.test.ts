import { describe, expect, it } from 'vitest'
import { seeded } from '../../bench/verdicts/random.ts'
import { memoryRecording, repeat } from '../../tests/recording-of.ts'
import type { ResourceVerdict } from '../model.ts'
import { judge } from './judge.ts'
import { raised } from './look.ts'

describe('memory of a Node target', () => {
  type How = Parameters<typeof memoryRecording>[1]
  const ofHeap = (value: (i: number) => number, how: How) => memoryRecording(repeat(101, value), how)
  const growing = (how: How) => ofHeap((i) => 1e7 + i * 1e6, how)
  const heapOf = (verdict: ReturnType<typeof judge>) => verdict.resources.find(({ name }) => name === 'heap')
  const named = { named: true }

  it('rests on checkpoints that came after a full collection, and on no other', () => {
    expect(judge(growing({}))).toMatchObject({ verdict: 'leaking', because: 'heap' })
    expect(judge(growing({ collectedFrom: 50 }))).toMatchObject({ verdict: 'leaking', because: 'heap' })
  })

  it('that was never read is no pass, but in a smoke test and in a run of under 500 cycles', () => {
    expect(judge(growing({ collectedFrom: 101 }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'not-read',
      because: 'heap',
    })
    const [quick, short] = [growing({ collectedFrom: 101 }), growing({ collectedFrom: 101 })]
    quick.header.plan.length.quick = true
    Object.assign(short.end as object, { cycles: 400 })
    expect([judge(quick).verdict, judge(short).verdict]).toEqual(['clean', 'clean'])
    expect(judge({ ...short, end: null }).resources.find(({ name }) => name === 'heap')?.verdict).toBe(null)
  })

  it('that too few readings could judge is no pass, but in a smoke test, which says so', () => {
    // What is not collected stands above what is.
    const few = ofHeap((i) => (i < 95 ? 2.5e7 : 1e7 + i * 1e5), { collectedFrom: 95 })
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
    expect(judge({ ...few, start: { line: 'start', ms: 0, readings: { heap: 1e6 } } })).toMatchObject({
      verdict: 'inconclusive',
      because: 'heap',
    })
    expect(judge(growing({ collectedFrom: 95, changed: named }))).toMatchObject({
      verdict: 'inconclusive',
      because: 'heap',
    })
    expect(judge(growing({ collectedFrom: 101, changed: named }))).toMatchObject({
      verdict: 'inconclusive',
      reasonCode: 'not-read',
    })
  })

  it('that rose before it was read, and held still then, is clean once it held still over half of the cycles', () => {
    const random = seeded(6)
    const still = (collectedFrom: number) => ofHeap(() => 3e7 + 1000 * random.normal(), { collectedFrom, before: 5e6 })
    const late = judge(still(75))
    expect(late).toMatchObject({ verdict: 'inconclusive', because: 'heap', reasonCode: 'grew-before' })
    expect(heapOf(late)?.facts.moreCycles).toBeGreaterThan(5000)
    expect(judge(still(50))).toMatchObject({ verdict: 'clean' })
    // A table that doubles does so once in any half of a run; later calm does not undo that.
    const doubled = ofHeap((i) => (i < 70 ? 2e7 : 3e7) + 1000 * random.normal(), { collectedFrom: 50, before: 5e6 })
    expect(judge(doubled).verdict).not.toBe('clean')
    // It rose by no more than its budget over all cycles.
    const little = ofHeap(() => 7e6 + 1000 * random.normal(), { collectedFrom: 75, before: 5.5e6 })
    expect(judge(little)).toMatchObject({ verdict: 'clean' })
  })

  it('that grows within its budget says what it rose by before it was read', () => {
    const random = seeded(13)
    const small = ofHeap((i) => 9e6 + 36 * i * 100 + 500 * random.normal(), { collectedFrom: 50 })
    const from = (heap: number) => ({ ...small, start: { line: 'start' as const, ms: 0, readings: { heap } } })
    expect(heapOf(judge(from(8e6)))).toMatchObject({
      reasonCode: 'within-budget',
      facts: { rose: expect.closeTo(1.3e6, -5) },
    })
    expect(heapOf(judge(from(9e6)))?.facts.rose).toBe(undefined)
  })

  it('that setup left and the cycles let go of is not what it is held against', () => {
    const random = seeded(8)
    const rose = ofHeap((i) => (i < 5 ? 6e6 : i < 50 ? 6e6 + i * 4e5 : 3e7) + 1000 * random.normal(), {
      collectedFrom: 75,
      before: 1e8,
    })
    expect(judge(rose)).toMatchObject({ verdict: 'inconclusive', because: 'heap', reasonCode: 'grew-before' })
  })

  it('outside the heap V8 compiles nothing: 3 MB are no warm-up there', () => {
    const random = seeded(9)
    const of = (name: 'heap' | 'external') => {
      const heap = repeat(101, () => 5e6 + 1000 * random.normal())
      return memoryRecording(heap, { name, collectedFrom: 75, before: 3.8e6, changed: { perCycle: 50 } })
    }
    expect(judge(of('heap'))).toMatchObject({ verdict: 'clean' })
    expect(judge(of('external'))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'grew-before' })
  })

  it('a step may come again: what is calm after it rules out no more than its length allows', () => {
    const random = seeded(10)
    const stepped = ofHeap((i) => (i < 60 ? 1e7 : 1.1e7) + 1000 * random.normal(), { collectedFrom: 40 })
    const verdict = judge(stepped)
    expect(verdict).toMatchObject({ verdict: 'clean' })
    // 1 MB once in the 3,000 calm cycles would be 333 B per cycle.
    expect(heapOf(verdict)?.budget).toBeGreaterThan(333)
    expect(heapOf(verdict)?.budget).toBeLessThan(10 * 333)
    const strict = ofHeap((i) => stepped.checkpoints[i]?.readings.heap as number, { collectedFrom: 40, changed: named })
    expect(judge(strict)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
    // The first steps of a warm-up do not come alone.
    const warming = ofHeap((i) => 1.1e7 - 1e6 * Math.exp(-Math.max(0, i - 40) / 4) + 1000 * random.normal(), {
      collectedFrom: 40,
      changed: named,
    })
    expect(judge(warming)).toMatchObject({ verdict: 'clean' })
  })

  it('rises at the very end of a run, too', () => {
    const random = seeded(12)
    const turned = ofHeap((i) => 1e7 + 5e5 * Math.abs(i - 96) + 1000 * random.normal(), {
      collectedFrom: 80,
      changed: named,
    })
    expect(judge(turned).verdict).not.toBe('clean')
  })

  it('that 200 B a cycle leave open is held to what the run can tell, once it is over, and the verdict has the figure', () => {
    const random = seeded(4)
    const noisy = ofHeap(() => 1e7 + 1e6 * random.normal(), { collectedFrom: 60 })
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
    const strict = ofHeap((i) => noisy.checkpoints[i]?.readings.heap as number, { collectedFrom: 60, changed: named })
    expect(judge(strict)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
  })

  it('that surely grows beyond its budget, or that could hide 20 kB a cycle, is no pass', () => {
    const random = seeded(5)
    // A warm-up that is over only now: no leak for sure, and growth all the same.
    const settling = ofHeap((i) => 1e7 + 3e6 * Math.log(1 + Math.max(0, i - 60) / 2) + 1e4 * random.normal(), {
      collectedFrom: 60,
    })
    expect(heapOf(judge(settling))?.low).toBeGreaterThan(200)
    expect(judge(settling)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
    const wild = ofHeap(() => 1e9 + 1e8 * random.normal(), { collectedFrom: 60 })
    expect(judge(wild)).toMatchObject({ verdict: 'inconclusive', because: 'heap' })
  })

  it('is held under its caps by every reading, and says how much longer the whole run would have to be', () => {
    const peak = ofHeap((i) => (i === 20 ? 9e8 : 1e7), {
      collectedFrom: 61,
      changed: { ...named, perCycle: null, peak: 5e8 },
    })
    expect(judge(peak)).toMatchObject({ verdict: 'leaking', because: 'heap', reasonCode: 'over-peak' })
    const random = seeded(1)
    const noisy = ofHeap(() => 1e7 + 1e6 * random.normal(), { collectedFrom: 61, changed: named })
    expect(judge(noisy).resources[1]?.facts.moreCycles).toBeGreaterThan(10_000)
  })

  it('alone is no gate', () => {
    const recording = growing({})
    recording.header.plan.resources = recording.header.plan.resources.filter(({ name }) => name === 'heap')
    for (const checkpoint of recording.checkpoints) checkpoint.readings = { heap: 1e7 }
    expect(judge(recording)).toMatchObject({ verdict: 'inconclusive', reasonCode: 'no-gate' })
  })
})

describe('memory that rose before it was read', () => {
  const random = seeded(14)
  const heldFor = (drained: (number | null)[]) => {
    const held = repeat(101, () => 2.5e7 + 1000 * random.normal())
    const recording = memoryRecording([...held, ...drained], { collectedFrom: 75, every: 10, before: 1.5e7 })
    recording.header.plan.resolution = 1 / 20
    for (const checkpoint of recording.checkpoints.slice(101))
      Object.assign(checkpoint, { cycles: 1000, phase: 'drain' })
    return { ...recording, end: recording.end && { ...recording.end, cycles: 1000 } }
  }

  it('is given the time of a drain to return, down to what a young process learns', () => {
    expect(raised(heldFor([]))).toEqual([{ name: 'heap', level: 1.5e7 + 4 * 1024 ** 2, isLeak: true }])
  })

  it('is given none where it is clean as it stands', () => {
    const still = { ...heldFor([]), start: { line: 'start' as const, ms: 0, readings: { heap: 2.4e7 } } }
    expect(judge(still)).toMatchObject({ verdict: 'clean' })
    expect(raised(still)).toEqual([])
  })

  it('is clean where the drain brought it back, and open where it did not', () => {
    expect(judge(heldFor(repeat(5, () => 1.8e7)))).toMatchObject({ verdict: 'clean' })
    expect(judge(heldFor(repeat(5, () => 2.5e7)))).toMatchObject({ verdict: 'inconclusive', reasonCode: 'grew-before' })
  })
})
