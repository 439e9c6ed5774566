/**
 * What the memory of a process that runs for minutes to days looks like, as seeded generators: bytes over seconds, read some
 * hundred to some thousand times. Each family draws its length, how often it is read, its noise and its shape anew.
 */
import { type Frame, frameOf } from '../../harness/judge/raw/frame.ts'
import { dot } from '../../harness/judge/raw/least-squares.ts'
import type { Noise } from '../../harness/judge/raw/noise.ts'
import {
  arenas,
  around,
  type Drawn,
  dayAndNight,
  each,
  everyHour,
  evicting,
  followsLoad,
  gapsOf,
  givenBack,
  growingTeeth,
  HOUR,
  height,
  highWater,
  lateWarmUp,
  logarithm,
  MEGABYTE,
  oneOf,
  PAGE,
  type Part,
  remembering,
  SOFT,
  sawtooth,
  secondWarmUp,
  spikes,
  stepsUp,
  warmUp,
  whole,
} from './long-parts.ts'
import type { Random } from './random.ts'

export type LongSeries = {
  /** Seconds, ascending. */
  x: Float64Array
  /** Bytes. */
  y: Float64Array
  /** The 95 % half-width of one who knows the noise and that there is nothing else: bytes per second. */
  unit: number
  /** The leak in it, bytes per second. */
  leak: number
}

/** @param leak in units of what one who knows everything would see */
export type LongShape = (random: Random, leak: number) => LongSeries

type Kind = { memory: number; white: number; walk: number }
const plain: Kind = { memory: 0, white: 1, walk: 0 }
const soft = (random: Random): Kind => ({ memory: around(random, ...SOFT), white: 0, walk: 0 })
const anyKind = (random: Random): Kind =>
  oneOf(random, [
    () => plain,
    () => soft(random),
    () => ({ ...soft(random), white: random.between(0.2, 1.5) }),
    () => ({ memory: around(random, 0.03, 0.08), white: 0, walk: 0 }),
  ])()

function noiseOf(drawn: Drawn, { memory, white, walk }: Kind): Float64Array {
  const { random, share, spread } = drawn
  const slow = memory > 0 ? remembering(drawn, memory) : share.map(() => 0)
  let wandered = 0
  return gapsOf(share).map((gap, i) => {
    wandered += walk * Math.sqrt(gap) * random.normal()
    return spread * ((slow[i] as number) + wandered + white * random.normal())
  })
}

/** The half-width of generalised least squares that knows the noise. */
function unitOf({ x, share, spread }: Drawn, { memory, white, walk }: Kind): number {
  const apart = 1 / (share.length - 1)
  // In what the slow part changes by from one reading to the next.
  const changes = walk > 0 ? walk ** 2 * apart : 1 - Math.exp((-2 * apart) / memory)
  const scale = walk > 0 ? walk ** 2 : memory > 0 ? 2 / memory : white ** 2
  const noise: Noise =
    walk > 0 || memory > 0
      ? { memory: walk > 0 ? Infinity : memory, white: white ** 2 / changes }
      : { memory: 0, white: 0 }
  const levels = { x: share, y: share }
  const frame: Frame = frameOf({ levels, noise, apart, readings: 1, base: [], followed: [], transients: [] })
  const error = (spread * Math.sqrt(scale)) / Math.sqrt(dot(frame.x, frame.x))
  return (1.96 * error) / ((x.at(-1) as number) - (x[0] as number))
}

// Families.

type FamilyOf = {
  hours?: readonly number[]
  kind?: (random: Random) => Kind
  parts?: readonly Part[]
  /** Readings that are missed: a share of them, and one gap. */
  isThin?: boolean
  /** What becomes of the noise. */
  bend?: (noise: Float64Array, drawn: Drawn) => Float64Array
  /** What its readings are rounded to, bytes. */
  rounding?: (drawn: Drawn) => number
  /** How often a restart brings it back to where it began. */
  restarts?: boolean
}

const HOURS = [0.25, 1, 4, 12, 24, 48]

function timesOf(random: Random, hours: number, isThin: boolean): Float64Array {
  const count = whole(random, 500, 2900)
  const every = (hours * HOUR) / count
  if (!isThin) return Float64Array.from({ length: count }, (_, i) => i * every)
  const [lost, gap, wide] = [random.between(0.05, 0.4), random.between(0.05, 0.9), random.between(0, 0.12)]
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => {
    const at = i / count
    return random.uniform() >= lost && !(at > gap && at < gap + wide)
  })
  return Float64Array.from(kept, (i) => every * (i + 0.4 * (random.uniform() - 0.5)))
}

/** Time since it was last started, in shares. */
function sinceStart({ random, share }: Drawn): Float64Array {
  const starts = each(whole(random, 1, 3), () => random.between(0.1, 0.9)).sort((a, b) => a - b)
  return share.map((at) => at - (starts.findLast((start) => start <= at) ?? 0))
}

function family(of: FamilyOf): LongShape {
  const {
    hours = HOURS,
    kind = anyKind,
    parts = [],
    isThin = false,
    bend,
    rounding = () => PAGE,
    restarts = false,
  } = of
  return (random, leak) => {
    const length = oneOf(random, hours)
    const x = timesOf(random, length, isThin)
    const [begin, end] = [x[0] as number, x.at(-1) as number]
    const share = x.map((s) => (s - begin) / (end - begin))
    const drawn: Drawn = { random, x, share, hours: length, spread: around(random, 0.15, 3) * MEGABYTE }
    const how = kind(random)
    const noise = noiseOf(drawn, how)
    const bent = bend ? bend(noise, drawn) : noise
    const unit = unitOf(drawn, how)
    const base = around(random, 20, 800) * MEGABYTE
    const since = restarts ? sinceStart(drawn) : share
    const warm = restarts ? { tall: height(drawn, 8, 60), time: around(random, 0.004, 0.03) } : { tall: 0, time: 1 }
    const added = parts.map((part) => part(drawn))
    const step = rounding(drawn)
    const y = share.map((_, i) => {
      const ran = since[i] as number
      const grown = leak * unit * ran * (end - begin) + warm.tall * (1 - Math.exp(-ran / warm.time))
      const value = added.reduce((sum, part) => sum + (part[i] as number), base + (bent[i] as number) + grown)
      return Math.max(0, Math.round(value / step) * step)
    })
    return { x, y, unit, leak: leak * unit }
  }
}

/** One that knows nothing of shapes sees a leak in most of these. */
export const longShapes: Record<string, LongShape> = {
  'white noise': family({ kind: () => plain }),
  'noise that remembers': family({ kind: soft }),
  'noise that remembers for long': family({
    kind: (random) => ({ memory: around(random, 0.05, 0.2), white: 0, walk: 0 }),
  }),
  'a random walk of pages': family({ kind: (random) => ({ ...plain, walk: around(random, 1, 30) }) }),
  'arenas taken and given back': family({ parts: [arenas] }),
  'the high-water mark of a load': family({
    kind: (random) => oneOf(random, [plain, { memory: 0.01, white: 0, walk: 0 }]),
    parts: [highWater],
  }),
  'a sawtooth of 25 to 250 teeth': family({ kind: soft, parts: [sawtooth(25, 250)] }),
  'a sawtooth of 6 to 20 teeth': family({ kind: soft, parts: [sawtooth(6, 20)] }),
  'an early warm-up': family({ parts: [warmUp()] }),
  'a warm-up of 20 to 40 %': family({ parts: [lateWarmUp] }),
  'a cache that fills like a logarithm': family({ parts: [logarithm] }),
  'one step': family({ parts: [stepsUp(1, 1)] }),
  'three steps': family({ parts: [stepsUp(3, 0.85)] }),
  'day and night, two days and more': family({ hours: [48, 48, 72, 96], parts: [dayAndNight] }),
  'day and night, 24 to 40 hours': family({ hours: [24, 24, 26, 30, 36, 40], parts: [dayAndNight] }),
  'memory that follows the load': family({ parts: [followsLoad] }),
  restarts: family({ restarts: true }),
  'missing and uneven readings': family({ isThin: true, parts: [warmUp()] }),
  'whole megabytes': family({ rounding: ({ random, spread }) => spread * random.between(0.5, 3) }),
  'forks and backups': family({ parts: [spikes] }),
  'a warm-up, a sawtooth and forks': family({ kind: soft, parts: [warmUp(), sawtooth(25, 200), spikes] }),
  // Nothing was tuned on these.
  'noise that changes': family({
    bend: (noise, { random, share }) => {
      const [from, times] = [random.between(0.2, 0.8), around(random, 0.2, 5)]
      return noise.map((value, i) => ((share[i] as number) > from ? times * value : value))
    },
  }),
  'noise with heavy tails': family({
    kind: () => plain,
    bend: (noise, { random }) =>
      noise.map(
        (value) => value / Math.sqrt(Math.max(0.05, each(3, random.normal).reduce((s, v) => s + v * v, 0) / 3)),
      ),
  }),
  'two warm-ups': family({ parts: [warmUp(0.01, 0.05), secondWarmUp] }),
  'a sawtooth of 25 to 45 teeth': family({ kind: soft, parts: [sawtooth(25, 45)] }),
  'a cache that is full and evicts': family({ parts: [evicting] }),
  'a bump every hour': family({ hours: [12, 24, 30], parts: [everyHour] }),
  'memory given back once': family({ parts: [givenBack] }),
  'teeth that grow with the heap': family({ kind: soft, parts: [growingTeeth] }),
}
