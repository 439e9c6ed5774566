/** Whole runs of the loop, without a process: a scripted target, a clock that it moves, and looks that find what the test says. */
import { describe, expect, it } from 'vitest'
import { recordingOf } from '../../tests/recording-of.ts'
import { TargetError } from '../errors.ts'
import type { Ending, Plan } from '../model.ts'
import { faultField } from '../scenario/faults.ts'
import { drive } from './drive.ts'
import { makeHalt } from './halt.ts'
import type { At, Course, Look, LookFor, Step } from './state.ts'

const planOf = (changed: Partial<Plan> = {}): Plan => {
  const { plan } = recordingOf({ threads: [], heap: [] }).header
  return { ...plan, ...changed, length: { ...plan.length, ...changed.length } }
}
const withMemory = (): Plan['resources'] =>
  planOf().resources.map((resource) => (resource.unit === 'bytes' ? { ...resource, level: 'error' } : resource))
const open = { cycles: 10_000, forMs: 60_000, checkpoints: 100, quick: false, mostMs: 300_000 }

type Script = {
  plan?: Partial<Plan>
  course?: Partial<Omit<Course, 'plan'>>
  /** What a cycle takes, at so many cycles. */
  msPerCycle?: number
  /** What a look finds, at so many cycles and checkpoints since the first one. */
  look?: (at: { cycles: number; ms: number; checkpoints: number; drains: number }, asked: LookFor) => Look
  /** Happens in the batch that comes to so many cycles. */
  inBatch?: (cycles: number, halt: ReturnType<typeof makeHalt>) => void
  /** Of each reading. */
  threads?: (cycles: number) => number
  rss?: (cycles: number) => number
}

/** Runs a script, and says what was done, in order. */
async function play({
  plan = {},
  course = {},
  msPerCycle = 1,
  look = () => null,
  inBatch,
  threads = () => 7,
  rss = () => 1e8,
}: Script) {
  const time = { cycles: 0, ms: 0 }
  const seen = { checkpoints: 0, drains: 0, memory: false }
  const halt = makeHalt(() => {})
  const steps: Step[] = []
  const reading = () => {
    time.ms += 20
    return { readings: { threads: threads(time.cycles), rss: rss(time.cycles) }, tookMs: 20 }
  }
  const run = async (cycles: number) => {
    time.cycles += cycles
    time.ms += cycles * msPerCycle
    inBatch?.(time.cycles, halt)
    if (halt.halted?.hard) throw new TargetError('batch', halt.halted.text)
  }
  const at = (): At => ({ ...time, halted: halt.halted })
  const ended = await drive(
    { plan: planOf(plan), runsOn: false, explains: false, toCrash: false, ...course },
    {
      at,
      lost: async (error) => {
        if (!(error instanceof TargetError)) return false
        halt.now('target-died', error.message, { hard: true })
        return true
      },
      onStep: (step) => steps.push(step),
      acts: {
        batch: async ({ cycles }) => run(cycles).then(() => ({ msPerCycle })),
        read: async () => ({ reading: reading(), limits: [] }),
        begin: async () => ({}),
        async checkpoint() {
          seen.checkpoints++
          return { reading: reading() }
        },
        fault: async () => run(5).then(() => ({})),
        look: async ({ for: asked }) => ({ for: asked, found: look({ ...time, ...seen }, asked) }),
        memory: async () => ({}),
        'go-on': async () => ({}),
        async drain() {
          seen.drains++
          time.ms += 10_000
          return { tookMs: 10_000 }
        },
        limits: async () => ({}),
      },
    },
  )
  return { ended, steps, at: at(), checkpoints: seen.checkpoints }
}
const done = (steps: readonly Step[]) => steps.map((step) => step.do)
const batches = (steps: readonly Step[]) => steps.flatMap((step) => (step.do === 'batch' ? [step.cycles] : []))
/** The steps after the last look. */
const afterLooks = (steps: readonly Step[]) => done(steps).slice(done(steps).lastIndexOf('look') + 1)
const looksOf = (steps: readonly Step[], asked: LookFor) =>
  steps.filter((step) => step.do === 'look' && step.for === asked).length

describe('the loop', () => {
  it('warms up in batches of 1, 2, 4 … and then cuts the run into a hundred', async () => {
    const { steps, ended, checkpoints } = await play({})
    expect(done(steps).slice(0, 6)).toEqual(['read', 'batch', 'read', 'batch', 'read', 'batch'])
    expect(batches(steps).slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 37, 100])
    expect(ended).toEqual({ do: 'end', ending: 'length', text: 'the planned length' })
    expect(checkpoints).toBe(102)
    expect(done(steps).slice(-4)).toEqual(['checkpoint', 'limits', 'drain', 'end'])
  })

  it('warms up for as many cycles as the plan says, however long they take', async () => {
    const { steps } = await play({ plan: { warmup: 10 }, msPerCycle: 500 })
    expect(batches(steps).slice(0, 4)).toEqual([1, 2, 4, 3])
  })

  it('ends once every gate is clean, and reads all once more', async () => {
    const { ended, steps, at } = await play({ look: ({ checkpoints }) => (checkpoints > 40 ? 'clean' : null) })
    expect(ended.ending).toBe('certain-clean')
    expect(at.cycles).toBe(4100)
    expect(afterLooks(steps)).toEqual(['checkpoint', 'limits', 'end'])
  })

  it('drains before it calls a leak certain, and looks again', async () => {
    const { ended, steps } = await play({ look: ({ checkpoints }) => (checkpoints > 30 ? 'leaking' : null) })
    expect(ended).toMatchObject({ ending: 'certain-leak' })
    expect(done(steps).slice(-6)).toEqual(['checkpoint', 'look', 'drain', 'look', 'limits', 'end'])
  })

  it('goes on to its length where the drain brought it back, and drains no more before it', async () => {
    const look = ({ checkpoints, drains }: { checkpoints: number; drains: number }) =>
      checkpoints === 31 && drains === 1 ? null : checkpoints > 30 ? 'leaking' : null
    const { ended, steps, at } = await play({ look })
    expect(ended.ending).toBe('length')
    expect(at.cycles).toBe(10_100)
    expect(done(steps).filter((name) => name === 'drain')).toHaveLength(2)
    expect(done(steps).slice(-2)).toEqual(['drain', 'end'])
  })

  it('measures memory once the counts are clean, in smaller batches, after collections', async () => {
    const look = ({ checkpoints }: { checkpoints: number }) =>
      checkpoints > 80 ? 'clean' : checkpoints > 40 ? 'counts-clean' : null
    const { ended, steps } = await play({ plan: { resources: withMemory() }, look })
    const from = done(steps).indexOf('memory')
    const [before, after] = [steps.slice(0, from), steps.slice(from)]
    expect(ended.ending).toBe('certain-clean')
    expect(before.filter((step) => step.do === 'checkpoint' && step.collect)).toHaveLength(0)
    expect(after.filter((step) => step.do === 'checkpoint' && !step.collect)).toHaveLength(0)
    expect(batches(before).at(-1)).toBe(100)
    expect(Math.max(...batches(after))).toBe(50)
    expect(afterLooks(steps)).toEqual(['limits', 'end'])
  })

  it('measures memory over more than half of the length where the counts are not clean', async () => {
    const { steps } = await play({ plan: { resources: withMemory() } })
    const from = done(steps).indexOf('memory')
    expect(batches(steps.slice(0, from)).reduce((sum, n) => sum + n)).toBe(4600)
  })

  it('measures no memory where all of it is off, and of a command', async () => {
    const counts = ({ checkpoints }: { checkpoints: number }) => (checkpoints > 40 ? ('counts-clean' as const) : null)
    const off = await play({ look: counts })
    expect(off.ended.ending).toBe('certain-clean')
    expect(done(off.steps)).not.toContain('memory')
    const command = await play({
      plan: { resources: withMemory(), cycleMark: { source: 'tick', flags: '' } },
      course: { runsOn: true },
      look: counts,
    })
    expect(command.ended.ending).toBe('certain-clean')
    expect(done(command.steps)).not.toContain('memory')
  })

  it('measures memory before its guard may end the run', async () => {
    const plan = { resources: withMemory(), guards: { threads: 2000, memory: 1e9 } }
    const { steps } = await play({ plan, rss: (cycles) => 1e8 + cycles * 5e5 })
    const from = steps.findIndex((step) => step.do === 'memory')
    expect(steps[from]).toMatchObject({ why: 'the memory guard is near' })
    expect(batches(steps.slice(0, from)).reduce((sum, n) => sum + n)).toBeLessThan(600)
  })

  it('says why it measures memory, and why it drains', async () => {
    const look = ({ checkpoints }: { checkpoints: number }) =>
      checkpoints > 60 ? ('leaking' as const) : checkpoints > 40 ? ('counts-clean' as const) : null
    const { steps } = await play({ plan: { resources: withMemory() }, look })
    const why = steps.flatMap((step) => (step.do === 'memory' || step.do === 'drain' ? [step.why] : []))
    expect(why).toEqual(['every count is clean', 'it looks like a leak'])
  })

  it('does not read a target again whose cycle hung', async () => {
    const { ended, steps } = await play({
      inBatch: (cycles, halt) => {
        if (cycles > 500) halt.now('cycle-timeout', 'cycle 500 was still running after 10 s', { hard: true })
      },
    })
    expect(ended).toMatchObject({ ending: 'cycle-timeout', text: 'cycle 500 was still running after 10 s' })
    expect(done(steps).slice(-2)).toEqual(['batch', 'end'])
  })

  it.each(['failed-cycles', 'guard', 'interrupted'] satisfies Ending[])(
    'halted softly by %s, reads and drains once more and looks no more',
    async (ending) => {
      const { ended, steps } = await play({
        inBatch: (cycles, halt) => {
          if (cycles > 500) halt.now(ending, 'enough')
        },
      })
      expect(ended).toMatchObject({ ending, text: 'enough' })
      expect(done(steps).slice(-6)).toEqual(['batch', 'checkpoint', 'checkpoint', 'limits', 'drain', 'end'])
    },
  )

  it('halted in its warm-up, has nothing to read', async () => {
    const { steps, ended } = await play({ inBatch: (_, halt) => halt.now('interrupted', 'Ctrl-C') })
    expect(ended.ending).toBe('interrupted')
    expect(done(steps)).toEqual(['read', 'batch', 'read', 'limits', 'drain', 'end'])
  })

  it('a target that leaves in a batch ends the run at once', async () => {
    const { ended, steps } = await play({
      inBatch: (cycles) => {
        if (cycles > 500) throw new TargetError('batch', 'the target was ended by SIGSEGV')
      },
    })
    expect(ended).toMatchObject({ ending: 'target-died', text: 'the target was ended by SIGSEGV' })
    expect(done(steps).at(-2)).toBe('batch')
  })

  it('an error of our own is none of the target’s', async () => {
    const broken = () => {
      throw new RangeError('ours')
    }
    await expect(play({ look: broken })).rejects.toThrow('ours')
  })

  it('goes towards a limit in small steps, and does not drain what has crashed', async () => {
    const { ended, steps } = await play({
      plan: { limits: [{ resource: 'threads', value: 64 }], guards: { threads: 2000, memory: 2 ** 32 } },
      course: { toCrash: true },
      threads: (cycles) => cycles,
      inBatch: (cycles, halt) => {
        if (cycles > 57) halt.now('crashed', 'ERR_WORKER_INIT_FAILED')
      },
    })
    expect(ended).toMatchObject({ ending: 'crashed', text: 'ERR_WORKER_INIT_FAILED' })
    expect(batches(steps).slice(0, 6)).toEqual([1, 2, 2, 4, 8, 10])
    expect(done(steps).slice(-3)).toEqual(['checkpoint', 'limits', 'end'])
  })

  it('brings about a fault that is due, and ends the batch before it there', async () => {
    const faults = [faultField.parse({ do: 'pause', at: 250 })]
    const { steps } = await play({ plan: { faults, length: { ...open, cycles: 1000, mostMs: null } } })
    const at = steps.findIndex((step) => step.do === 'fault')
    const before = batches(steps.slice(0, at)).reduce((sum, n) => sum + n)
    expect(before).toBe(250)
    expect(steps[at]).toMatchObject({ do: 'fault', nth: 1, msPerCycle: 1, left: { cycles: 760 } })
    expect(done(steps)[at + 1]).toBe('checkpoint')
    expect(done(steps).filter((name) => name === 'fault')).toHaveLength(1)
  })

  it('a command has started with its first mark, is never drained, and has to be certain twice', async () => {
    const { ended, steps, at } = await play({
      plan: { cycleMark: { source: 'x', flags: '' } },
      course: { runsOn: true },
      look: ({ checkpoints }) => (checkpoints > 30 ? 'leaking' : null),
    })
    expect(done(steps).slice(0, 3)).toEqual(['batch', 'read', 'batch'])
    expect(ended.ending).toBe('certain-leak')
    expect(done(steps)).not.toContain('drain')
    // First certain after 300 cycles, in batches of ten.
    expect(at.cycles).toBe(100 + 600)
  })

  it('without an end, plans for twice as long each time its length is over', async () => {
    const { ended, at } = await play({
      plan: { endless: true, until: 'crash' },
      course: { toCrash: true },
      look: ({ cycles }) => (cycles > 45_000 ? 'clean' : 'leaking'),
    })
    expect(ended.ending).toBe('certain-clean')
    expect(at.cycles).toBeGreaterThan(45_000)
  })

  it('goes on where nobody can tell yet, looks as strictly as at the end, and ends when it knows', async () => {
    const look = ({ cycles }: { cycles: number }, asked: LookFor) =>
      cycles > 14_000 ? 'clean' : asked === 'by-now' ? 'undecided' : null
    const { ended, steps, at } = await play({ plan: { length: open }, look })
    expect(ended.ending).toBe('certain-clean')
    expect(at.cycles).toBe(14_100)
    expect(looksOf(steps, 'by-now')).toBe(1)
    expect(steps.find((step) => step.do === 'go-on')).toMatchObject({ length: { cycles: 20_000, forMs: 120_000 } })
  })

  it('goes on for five minutes, and no longer', async () => {
    const { ended, at, steps } = await play({
      plan: { length: open },
      msPerCycle: 50,
      look: (_, asked) => (asked === 'by-now' ? 'undecided' : null),
    })
    expect(ended.ending).toBe('length')
    expect(at.ms).toBeGreaterThan(300_000)
    expect(at.ms).toBeLessThan(315_000)
    // After one minute, two and four.
    expect(looksOf(steps, 'by-now')).toBe(3)
  })

  it('ends at the length that somebody gave, also where a drain has just refuted a leak', async () => {
    const look = ({ cycles, drains }: { cycles: number; drains: number }, asked: LookFor) =>
      asked === 'by-now' ? ('undecided' as const) : cycles > 10_000 && drains === 0 ? ('leaking' as const) : null
    const { ended, at, steps } = await play({ look })
    expect(done(steps)).toContain('drain')
    expect(ended.ending).toBe('length')
    expect(at.cycles).toBe(10_100)
  })

  it('does not go on where somebody said how long, nor with --until end', async () => {
    const undecided = (_: unknown, asked: LookFor) => (asked === 'by-now' ? ('undecided' as const) : null)
    const said = await play({ look: undecided })
    const end = await play({ plan: { length: open, until: 'end' }, look: undecided })
    expect([said.at.cycles, end.at.cycles]).toEqual([10_100, 10_100])
  })

  it('where it is about to go on, drains what looks like a leak, once', async () => {
    const look = ({ cycles, drains }: { cycles: number; drains: number }, asked: LookFor) =>
      cycles > 15_000 ? 'clean' : asked === 'certain' ? null : drains === 0 ? 'leaking' : 'undecided'
    const { ended, steps } = await play({ plan: { length: open }, look })
    expect(ended.ending).toBe('certain-clean')
    expect(done(steps).filter((name) => name === 'drain')).toHaveLength(1)
  })

  it('comes to rest before it goes on where only that shows what stays, and takes leaks for no less certain after it', async () => {
    const look = ({ cycles, drains }: { cycles: number; drains: number }, asked: LookFor) =>
      asked === 'by-now' ? 'to-rest' : cycles > 45_000 && drains < 4 ? 'leaking' : null
    const { steps, at } = await play({ plan: { length: open }, look, msPerCycle: 4 })
    const drains = steps.flatMap((step) => (step.do === 'drain' ? [[step.rests, step.why]] : []))
    const rest = [true, 'what comes and goes may hide what grows']
    // After 10,000 cycles, 20,000 and 40,000.
    expect(drains).toEqual([rest, rest, rest, [false, 'it looks like a leak'], [false, 'the end']])
    expect(done(steps).slice(done(steps).indexOf('drain')).slice(0, 3)).toEqual(['drain', 'look', 'go-on'])
    expect(at.cycles).toBeGreaterThan(50_000)
  })

  it('comes to rest before it ends clean, where something stands that may hide a leak, and ends if nothing did', async () => {
    const look = ({ checkpoints, drains }: { checkpoints: number; drains: number }) =>
      checkpoints < 40 ? null : drains === 0 ? ('to-rest' as const) : ('clean' as const)
    const { ended, steps } = await play({ look })
    expect(ended.ending).toBe('certain-clean')
    expect(done(steps).slice(-5)).toEqual(['look', 'drain', 'look', 'limits', 'end'])
    const hidden = await play({
      look: ({ checkpoints, drains }) => (checkpoints > 40 && drains === 0 ? 'to-rest' : null),
    })
    expect(hidden.ended.ending).toBe('length')
    expect(hidden.at.cycles).toBe(10_100)
  })

  it('never waits for what runs on to come to rest', async () => {
    const { steps } = await play({
      plan: { cycleMark: { source: 'x', flags: '' } },
      course: { runsOn: true },
      look: () => 'to-rest',
    })
    expect(steps.filter((step) => step.do === 'drain' && step.rests)).toEqual([])
  })

  it('rests for half a minute in all, and goes on without', async () => {
    const look = (_: unknown, asked: LookFor) => (asked === 'by-now' ? 'to-rest' : null)
    const { steps } = await play({ plan: { length: open }, look })
    expect(steps.filter((step) => step.do === 'drain' && step.rests)).toHaveLength(3)
    expect(looksOf(steps, 'by-now')).toBeGreaterThan(6)
  })

  it('a weak leak at the end of the length is drained and ends it', async () => {
    const look = (_: unknown, asked: LookFor) => (asked === 'by-now' ? ('leaking' as const) : null)
    const { ended, steps } = await play({ plan: { length: open }, look })
    expect(ended.ending).toBe('length')
    expect(done(steps).slice(-5)).toEqual(['look', 'drain', 'look', 'limits', 'end'])
  })

  it('what explains ends when there are ledgers enough, and looks for nothing else', async () => {
    const plan = { length: { cycles: 80, forMs: 1000, checkpoints: 8, quick: false, mostMs: null }, warmup: 0 }
    const look = ({ checkpoints }: { checkpoints: number }) => (checkpoints >= 10 ? ('explained' as const) : null)
    const { ended, steps } = await play({ plan, course: { explains: true }, look })
    expect(ended.ending).toBe('length')
    expect(looksOf(steps, 'certain') + looksOf(steps, 'by-now')).toBe(0)
    expect(looksOf(steps, 'ledgers')).toBe(2)
    expect(steps.filter((step) => step.do === 'checkpoint').every((step) => step.closing)).toBe(true)
  })
})
