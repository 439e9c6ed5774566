import { describe, expect, it } from 'vitest'
import type { Plan } from './model.ts'
import { explaining, makePlan, type PlanOptions, twiceAsLong, withBudgets } from './plan.ts'
import { parseAmount } from './scenario/amounts.ts'
import { checkFields } from './scenario/description.ts'

const cycle = { $function: 'cycle' }
const options: PlanOptions = {
  quick: false,
  until: 'verdict',
  budget: [],
  baseline: null,
  startTimeoutMs: 30_000,
  exclusiveEtcd: true,
  machineMemory: 16 * 1024 ** 3,
}
const plan = (fields: Record<string, unknown>, changed: Partial<PlanOptions> = {}) =>
  makePlan(
    {
      name: 'a',
      file: 'a.ts',
      form: 'scenario',
      node: { path: 'node', version: '24.0.0' },
      fields: checkFields('a.ts', 'a', 'scenario', { title: 'a', cycle, ...fields }),
    },
    { ...options, ...changed },
  )
const resource = (planned: ReturnType<typeof plan>, name: string) => planned.resources.find((r) => r.name === name)

describe('a plan', () => {
  it('has the defaults of the table', () => {
    const planned = plan({})
    expect(planned).toMatchObject({
      resolution: 0.001,
      cycleTimeoutMs: 10_000,
      maxFailedCycles: 0.01,
      drainForMs: 10_000,
    })
    expect(planned.length).toEqual({
      cycles: 10_000,
      forMs: 60_000,
      checkpoints: 100,
      quick: false,
      mostMs: 300_000,
    })
    expect(planned.resources.filter(({ level }) => level === 'error').map(({ name }) => name)).toEqual([
      'threads',
      'fds',
      'sockets',
      'children',
      'workers',
      'handles',
      'timers',
      'listeners',
      'heap',
      'external',
      'native',
    ])
  })

  it('reads what people write: sizes, durations, rates, shares', () => {
    const planned = plan({
      budget: { heap: '2 kB', fds: { total: 8, level: 'warn' } },
      resolution: '1/100',
      cycleTimeout: '2m',
      maxFailedCycles: '5 %',
      guards: { memory: '1 GB' },
    })
    expect(planned).toMatchObject({
      resolution: 0.01,
      cycleTimeoutMs: 120_000,
      maxFailedCycles: 0.05,
      guards: { memory: 1024 ** 3 },
    })
    expect(resource(planned, 'heap')).toMatchObject({ perCycle: 2048, level: 'error', named: true })
    expect(resource(planned, 'fds')).toMatchObject({ perCycle: 0, total: 8, level: 'warn' })
  })

  it('lets the command line overrule the scenario', () => {
    const budget = [{ resource: 'threads', cap: 'peak' as const, value: 100 }]
    const planned = plan(
      { budget: { threads: 0.5 }, resolution: '1/10', cycles: 50 },
      { budget, resolution: 0.02, forMs: 1000 },
    )
    expect(planned.length).toMatchObject({ cycles: null, forMs: 1000 })
    expect(planned.resolution).toBe(0.02)
    expect(resource(planned, 'threads')).toMatchObject({ perCycle: 0.5, peak: 100 })
  })

  it('goes on until it knows, for five minutes at most, where nobody said how long', () => {
    const mostMs = (fields: Record<string, unknown>, changed: Partial<PlanOptions> = {}) =>
      plan(fields, changed).length.mostMs
    expect(mostMs({})).toBe(300_000)
    expect([mostMs({ cycles: 500 }), mostMs({ for: '2m' })]).toEqual([null, null])
    expect([mostMs({}, { cycles: 5 }), mostMs({}, { forMs: 5 })]).toEqual([null, null])
    expect([mostMs({}, { quick: true }), mostMs({}, { until: 'end' })]).toEqual([null, null])
    expect(twiceAsLong(plan({})).length).toMatchObject({ forMs: 120_000, mostMs: 600_000 })
  })

  it('may ask for less than the default where nobody said what to rule out, and only there', () => {
    expect(plan({})).toMatchObject({ resolution: 1 / 1000, coarsest: 1 / 100 })
    expect(plan({ resolution: '1/50' })).toMatchObject({
      resolution: 1 / 50,
      coarsest: null,
      length: { mostMs: 300_000 },
    })
    expect(plan({}, { resolution: 1 / 5000 })).toMatchObject({ resolution: 1 / 5000, coarsest: null })
    expect(plan({}, { cycles: 500 })).toMatchObject({ resolution: 1 / 1000, coarsest: null })
    expect(withBudgets(plan({}), { budget: [], resolution: 1 / 200 })).toMatchObject({
      resolution: 1 / 200,
      coarsest: null,
    })
  })

  it('--cycles and --for lift each other’s default', () => {
    expect(plan({}, { cycles: 5 }).length).toMatchObject({ cycles: 5, forMs: null })
    expect(plan({ for: '2m' }).length).toMatchObject({ cycles: null, forMs: 120_000 })
  })

  it('lets etcd gate only where nobody else uses it', () => {
    const needs = { etcd: true }
    expect(resource(plan({ needs }), 'etcd.leases')?.level).toBe('error')
    expect(resource(plan({ needs }, { exclusiveEtcd: false }), 'etcd.leases')?.level).toBe('warn')
    expect(
      resource(plan({ needs, budget: { 'etcd.leases': 0 } }, { exclusiveEtcd: false }), 'etcd.leases')?.level,
    ).toBe('error')
    expect(resource(plan({}), 'etcd.leases')).toBe(undefined)
  })

  it('counts the instances of tracked classes', () => {
    expect(resource(plan({ track: [{ $function: 'Client' }] }), 'instances:Client')).toMatchObject({
      level: 'error',
      view: 'runtime',
    })
  })

  it('knows server.NAME only where there is a serverState()', () => {
    expect(resource(plan({ serverState: cycle, budget: { 'server.rows': 2 } }), 'server.rows')).toMatchObject({
      perCycle: 2,
    })
    expect(() => plan({ budget: { 'server.rows': 2 } })).toThrow(
      'expected a resource of this target, got "server.rows"',
    )
  })

  it('--quick is a smoke test and says so', () => {
    expect(plan({}, { quick: true }).length).toMatchObject({ checkpoints: 20, quick: true })
    expect(plan({}, { quick: true }).resolution).toBe(1 / 50)
  })
})

describe('a recorded plan with other budgets', () => {
  const recorded = () => plan({})
  it('gates on what is named, and leaves the rest', () => {
    const { resources, resolution } = withBudgets(recorded(), {
      budget: [
        { resource: 'rss', cap: 'perCycle', value: 1024 },
        { resource: 'fds', cap: 'peak', value: 40 },
        { resource: 'timers', cap: 'level', value: 'off' },
      ],
      resolution: 1 / 10,
    })
    const of = (name: string) => resources.find((resource) => resource.name === name)
    expect(of('rss')).toMatchObject({ level: 'error', named: true, perCycle: 1024 })
    expect(of('fds')).toMatchObject({ level: 'error', perCycle: 0, peak: 40 })
    expect(of('timers')).toMatchObject({ level: 'off' })
    expect(of('threads')).toEqual(recorded().resources.find(({ name }) => name === 'threads'))
    expect(resolution).toBe(1 / 10)
  })
  it('refuses a resolution that rules out next to nothing, but per minute', () => {
    const coarse = (changed: Partial<Plan>) => withBudgets({ ...recorded(), ...changed }, { budget: [], resolution: 1 })
    expect(() => coarse({})).toThrow(/^--resolution 1: expected one leak in 10 cycles \(1\/10\) or finer/)
    expect(coarse({ cycleUnit: 'minute' }).resolution).toBe(1)
  })
  it('leaves what it does not have to the other plans', () => {
    const budget = [{ resource: 'thraeds', cap: 'perCycle' as const, value: 0 }]
    expect(withBudgets(recorded(), { budget, resolution: undefined })).toEqual(recorded())
  })
})

describe('a size in a budget', () => {
  const heap = (text: string) => resource(plan({ budget: { heap: text } }), 'heap')?.perCycle
  it.each([
    ['200 B', 200],
    ['2kB', 2048],
    ['1.5 MB', 1.5 * 1024 ** 2],
    ['10MiB', 10 * 1024 ** 2],
    ['512', 512],
  ])('%s', (text, bytes) => {
    expect(heap(text)).toBe(bytes)
  })
  it.each(['1,000B', '2 kilobytes', '5abc', '1/0', '-1 B', ''])('%j is none', (text) => {
    expect(() => heap(text)).toThrow(/expected a number, a size such as '200 B'/)
  })
})

describe('a size in the budget of a count', () => {
  const sized = { value: 8192, isSize: true, perMs: null, typed: '8k' }
  it.each([
    ['of the growth per cycle', { fds: '8MB' }, 'a.ts: field `budget.fds`: expected a count, such as 8, got "8MB"'],
    ['of a cap', { timers: { total: '1 B' } }, 'a.ts: field `budget.timers.total`: expected a count'],
    ['of a state of the server', { 'server.rows': '2k' }, 'field `budget.server.rows`: expected a count'],
  ])('is refused: %s', (_, budget, says) => {
    expect(() => plan({ budget, serverState: cycle })).toThrow(says)
  })
  it('is refused as an option, whatever the scenario says', () => {
    const budget = [{ resource: 'fds', cap: 'peak' as const, value: sized }]
    const says = '--budget fds.peak: expected a count, such as 8, got "8k": sizes are for memory'
    expect(() => plan({ budget: { fds: 8 } }, { budget })).toThrow(says)
    expect(() => withBudgets(plan({}), { budget, resolution: undefined })).toThrow(says)
  })
  it('refuses neither numbers nor sizes of memory', () => {
    const budget = [{ resource: 'rss', cap: 'perCycle' as const, value: sized }]
    const planned = plan({ budget: { fds: '8', sockets: '2e3', timers: '1/4' } }, { budget })
    expect(['fds', 'sockets', 'timers', 'rss'].map((name) => resource(planned, name)?.perCycle)).toEqual([
      8, 2000, 0.25, 8192,
    ])
    expect(resource(withBudgets(plan({}), { budget, resolution: undefined }) as typeof planned, 'rss')).toMatchObject({
      perCycle: 8192,
    })
  })
})

it('a confirmation is twice as long', () => {
  expect(twiceAsLong(plan({})).length).toMatchObject({ cycles: 20_000, forMs: 120_000, checkpoints: 200 })
})

describe('a run that explains', () => {
  const measured = { cycles: 5000, ms: 20_000, growth: 1, memory: false }
  const length = (changed: Partial<Parameters<typeof explaining>[1]>) =>
    explaining(plan({}), { ...measured, ...changed }).length
  it('is as long as it takes to see something grow between eight checkpoints, and shorter than the measured one', () => {
    expect(length({})).toEqual({ cycles: 32, forMs: 13_000, checkpoints: 8, quick: false, mostMs: null })
    expect(length({ growth: 0.1 }).cycles).toBe(320)
    expect(length({ growth: 1 / 1000 }).cycles).toBe(5000)
    expect(length({ growth: 10 }).cycles).toBe(16)
  })
  it('has fewer checkpoints and more cycles where memory leaks', () => {
    expect(length({ memory: true })).toMatchObject({ cycles: 200, checkpoints: 4 })
    expect(length({ memory: true, growth: null })).toMatchObject({ cycles: 5000, checkpoints: 4 })
  })
  it('goes to its end, with a warm-up, and measures no memory', () => {
    const planned = explaining(plan({}), measured)
    expect([planned.until, planned.warmup, planned.maxFailedCycles]).toEqual(['end', 4, 1])
    expect(explaining(plan({ warmup: 2000 }), measured).warmup).toBe(500)
    expect(explaining(plan({ warmup: 0 }), measured).warmup).toBe(0)
    expect(planned.resources.filter(({ unit, level }) => unit === 'bytes' && level !== 'off')).toEqual([])
  })
})

describe('the budget of what holds a process', () => {
  const levelOf = (fields: object, ...budget: PlanOptions['budget']) => plan({ ...fields }, { budget }).exit.level
  it('warns by default, and is a level where one is said', () => {
    expect(levelOf({})).toBe('warn')
    expect(levelOf({ budget: { exit: 'error' } })).toBe('error')
    expect(levelOf({ budget: { exit: 'error' } }, { resource: 'exit', cap: 'level', value: 'off' })).toBe('off')
    expect(plan({ exitWithin: '2s' }).exit.withinMs).toBe(2000)
  })
  it.each([3, 'sometimes'])('is not %j', (exit) => {
    expect(() => plan({ budget: { exit } })).toThrow(/field `budget.exit`: expected "error" or "warn" or "off"/)
  })
  it('can be another when a recording is judged again', () => {
    const budget = [{ resource: 'exit', cap: 'level' as const, value: 'error' as const }]
    expect(withBudgets(plan({}), { budget, resolution: undefined }).exit.level).toBe('error')
  })
})

describe('growth in a time', () => {
  const value = (text: string) => parseAmount(text) as NonNullable<ReturnType<typeof parseAmount>>
  const heap = (text: string) => [{ resource: 'heap', cap: 'perCycle' as const, value: value(text) }]
  it.each([
    ['36kB/h', 10.24],
    ['240 kB / day', 2.844_444],
    ['2kB/cycle', 2048],
    ['6/min', 0.1],
  ])('%s is so much a cycle of one second', (text, bytes) => {
    expect(resource(plan({ cadence: 1000 }, { budget: heap(text) }), 'heap')?.perCycle).toBeCloseTo(bytes, 4)
  })
  it('is refused where a cycle has no time', () => {
    expect(() => plan({}, { budget: heap('36kB/h') })).toThrow(
      '--budget heap: expected growth per cycle, such as 2kB, got "36kB/h": a cycle has a time of its own only where the scenario says `cadence`',
    )
  })
  it('is refused of a cap, and of another word', () => {
    const budget = [{ resource: 'heap', cap: 'peak' as const, value: value('8MB/h') }]
    expect(() => plan({ cadence: 1000 }, { budget })).toThrow('--budget heap.peak: expected an amount')
    expect(parseAmount('8MB/fortnight')).toBeNull()
  })
})
