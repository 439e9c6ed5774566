/**
 * Whole runs, as `holdwater run` does them with default options: its loop, its looks and its judge, on a simulated target and clock.
 * What is looked at again and again has other rates than one series of a given length.
 */
import { conclude, needsConfirmation } from '../../harness/judge/confirm.ts'
import { judge } from '../../harness/judge/judge.ts'
import { lookByNow, lookEarly, raised } from '../../harness/judge/look.ts'
import { outlookOf } from '../../harness/judge/reach.ts'
import { drive } from '../../harness/loop/drive.ts'
import type { CheckpointLine, Plan, Readings, Recording, Verdict } from '../../harness/model.ts'
import { drain, waitsFor } from '../../harness/observe/drain.ts'
import { makePlan, twiceAsLong } from '../../harness/plan.ts'
import { openSamples } from '../../harness/recording/samples.ts'
import { recordingOf } from '../../tests/recording-of.ts'
import type { Program } from './programs.ts'
import { type Random, seeded } from './random.ts'

const AT_REST = { count: 7, bytes: 10_000_000 }
/** Of a checkpoint, in ms: one that collects takes longer. */
const TAKES = { plain: 10, collected: 30 }

/** With default options. */
const planned = makePlan(
  {
    name: 'simulated',
    file: '/simulated.ts',
    form: 'scenario',
    fields: { title: 'simulated', setup: { $function: 'setup' } },
    node: { path: 'node', version: '24.0.0' },
  },
  {
    quick: false,
    until: 'verdict',
    budget: [],
    baseline: null,
    startTimeoutMs: 30_000,
    machineMemory: 2 ** 34,
    exclusiveEtcd: true,
  },
)

/** One run of a program by a plan, recorded. */
async function runOf(program: Program, msPerCycle: number, plan: Plan, random: Random): Promise<Recording> {
  const { cycles, forMs } = plan.length
  const reach = Math.min(cycles ?? Infinity, (forMs ?? Infinity) / msPerCycle)
  const courses = plan.resources.map(
    ({ name, unit }) => [name, program[name]?.(random, reach) ?? (() => AT_REST[unit])] as const,
  )
  const now = { cycles: 0, ms: 0 }
  const checkpoints: CheckpointLine[] = []
  const blank = recordingOf({})
  const recording = {
    ...blank,
    header: { ...blank.header, plan },
    samples: openSamples().samples,
    checkpoints,
    end: null as Recording['end'],
    start: null as Recording['start'],
  }
  const read = (rests: boolean): Readings =>
    Object.fromEntries(courses.map(([name, at]) => [name, at({ cycle: now.cycles, ms: now.ms, rests })]))
  const take = (collected: boolean, rests = false) => {
    const tookMs = collected ? TAKES.collected : TAKES.plain
    now.ms += tookMs
    return { readings: read(rests), tookMs }
  }
  const record = (phase: CheckpointLine['phase'], collected: boolean, reading = take(collected)) => {
    checkpoints.push({ line: 'checkpoint', ...now, phase, failed: 0, unread: {}, detail: {}, collected, ...reading })
    return reading
  }
  const { ending, text } = await drive(
    { plan, runsOn: false, explains: false, toCrash: false },
    {
      at: () => ({ ...now, halted: null }),
      lost: async () => false,
      acts: {
        async batch({ cycles }) {
          now.cycles += cycles
          now.ms += cycles * msPerCycle
          return { msPerCycle }
        },
        async read({ first }) {
          // Before the first cycle nothing comes and goes.
          const reading = take(first, first)
          if (first) recording.start = { line: 'start', ms: now.ms, readings: reading.readings }
          return { reading, limits: [] }
        },
        checkpoint: async ({ collect }) => ({ reading: record('run', collect) }),
        look: async ({ for: asked }) => ({
          for: asked,
          found: asked === 'certain' ? lookEarly(recording) : lookByNow(recording),
        }),
        async drain({ rests }) {
          const up = raised(recording)
          const from = now.ms
          if (up.length === 0) return { tookMs: 0 }
          await drain({
            raised: up,
            leastMs: waitsFor(up, rests, plan.drainForMs),
            read: async () => ({ ...take(true, true), unread: {}, detail: {}, collected: true, reset: null }),
            record: (reading) => record('drain', true, reading),
            aborted: () => false,
            clock: {
              now: () => now.ms,
              wait: async (ms) => {
                now.ms += ms
              },
            },
          })
          return { tookMs: now.ms - from }
        },
        begin: async () => ({}),
        fault: async () => ({}),
        memory: async () => ({}),
        'go-on': async () => ({}),
        limits: async () => ({}),
      },
    },
  )
  const end = {
    ...(blank.end as NonNullable<Recording['end']>),
    ...now,
    batchMs: now.cycles * msPerCycle,
    ending,
    text,
  }
  return { ...recording, end }
}

export type WholeRates = Record<Verdict, number> & {
  /** Of the clean ones, those whose memory was held to more than its budget, for want of time; the sentence says to what. */
  coarser: number
}

/** What clean must rule out, at a pace. */
export const rateAt = (msPerCycle: number): number => outlookOf(planned, msPerCycle).resolution

/** Shares, 0 to 1, of whole runs with the verdict they end in, the confirming run included. */
export async function wholeRates(
  program: Program,
  msPerCycle: number,
  runs: number,
  { drainForMs = planned.drainForMs }: Partial<Pick<Plan, 'drainForMs'>> = {},
): Promise<WholeRates> {
  const random = seeded(7919 + Math.round(10 * msPerCycle))
  const plan = { ...planned, drainForMs }
  const count: WholeRates = { leaking: 0, clean: 0, inconclusive: 0, coarser: 0 }
  for (let run = 0; run < runs; run++) {
    const first = await runOf(program, msPerCycle, plan, random)
    const judged = judge(first)
    const second = needsConfirmation(judged) ? await runOf(program, msPerCycle, twiceAsLong(plan), random) : null
    const { verdict, resources } = second ? conclude(judged, judge(second)) : judged
    count[verdict]++
    if (verdict === 'clean' && resources.some(({ facts }) => facts.coarser !== undefined)) count.coarser++
  }
  const { leaking, clean, inconclusive, coarser } = count
  return { leaking: leaking / runs, clean: clean / runs, inconclusive: inconclusive / runs, coarser: coarser / runs }
}
