/** What the memory of a process is made of, each part as bytes over a drawn length: garbage, warm-ups, steps, days, loads. */
import type { Random } from './random.ts'

export const HOUR = 3600
export const PAGE = 4096
export const MEGABYTE = 1e6

export type Drawn = {
  random: Random
  /** Seconds. */
  x: Float64Array
  /** Shares of the length, 0 to 1. */
  share: Float64Array
  hours: number
  /** Spread of the noise, bytes. */
  spread: number
}
/** A part of a series, in bytes. */
export type Part = (drawn: Drawn) => Float64Array

/** Log-uniform. */
export const around = (random: Random, from: number, to: number): number =>
  Math.exp(random.between(Math.log(from), Math.log(to)))
export const oneOf = <Choice>(random: Random, choices: readonly Choice[]): Choice =>
  choices[Math.floor(random.uniform() * choices.length)] as Choice
export const whole = (random: Random, from: number, to: number): number => Math.floor(random.between(from, to + 1))
export const each = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw)

export const gapsOf = (share: Float64Array): Float64Array => share.map((at, i) => at - (share[i - 1] ?? at))

/** What remembers for `memory` of the length: standard normal at any moment. */
export function remembering({ random, share }: Drawn, memory: number): Float64Array {
  const gaps = gapsOf(share)
  let now = random.normal()
  return gaps.map((gap) => {
    const kept = Math.exp(-gap / memory)
    now = kept * now + Math.sqrt(1 - kept ** 2) * random.normal()
    return now
  })
}

export const SOFT = [0.002, 0.03] as const

export const height = ({ random, spread }: Drawn, from = 2, to = 40): number => spread * around(random, from, to)

/** Garbage that is collected, at uneven moments and heights. */
export const sawtooth =
  (fewest: number, most: number): Part =>
  (drawn) => {
    const { random, share } = drawn
    const period = 1 / around(random, fewest, most)
    const uneven = random.between(0.05, 0.4)
    const tall = height(drawn)
    let [start, end, top] = [-random.uniform() * period, 0, tall]
    end = start + period
    return share.map((at) => {
      while (at >= end) {
        start = end
        end += period * Math.max(0.1, 1 + uneven * random.normal())
        top = tall * Math.max(0.2, 1 + uneven * random.normal())
      }
      return (top * (at - start)) / (end - start)
    })
  }

export const warmUp =
  (from = 0.01, to = 0.1): Part =>
  (drawn) => {
    const time = around(drawn.random, from, to)
    const tall = height(drawn)
    return drawn.share.map((at) => tall * (1 - Math.exp(-at / time)))
  }

export const lateWarmUp: Part = (drawn) => {
  const end = drawn.random.between(0.2, 0.4)
  const tall = height(drawn)
  const curve = oneOf(drawn.random, [
    (at: number) => Math.min(1, at / end),
    (at: number) => 1 - Math.exp((-3 * at) / end),
    (at: number) => 1 / (1 + Math.exp(-8 * (at / end - 0.5))),
  ])
  return drawn.share.map((at) => tall * curve(at))
}

/** Each new key is rarer than the last. */
export const logarithm: Part = (drawn) => {
  const scale = around(drawn.random, 0.0005, 0.05)
  const tall = height(drawn, 0.7, 15)
  return drawn.share.map((at) => tall * Math.log(1 + at / scale))
}

export const stepsUp =
  (count: number, up: number): Part =>
  (drawn) => {
    const { random, share } = drawn
    const steps = Array.from({ length: count }, () => ({
      from: random.between(0.03, 0.97),
      size: height(drawn, 0.7, 40) * (random.uniform() < up ? 1 : -1),
    }))
    return share.map((at) => steps.reduce((sum, { from, size }) => sum + (at >= from ? size : 0), 0))
  }

export const dayAndNight: Part = (drawn) => {
  const { random, x } = drawn
  const tall = height(drawn)
  const [phase, second] = [random.between(0, 2 * Math.PI), random.between(0, 2 * Math.PI)]
  const share = random.between(0, 0.4)
  const sleeps = random.uniform() < 0.3
  return x.map((s) => {
    const turn = (2 * Math.PI * s) / (24 * HOUR) + phase
    const wave = Math.sin(turn) + share * Math.sin(2 * turn + second)
    return tall * (sleeps ? Math.max(0, wave) : wave)
  })
}

/** Requests come in waves and bursts, and memory follows them a little later. */
export const followsLoad: Part = (drawn) => {
  const { random, share, hours } = drawn
  const tall = height(drawn, 1, 15)
  const waves = oneOf(random, [random.between(2.5, 12), hours >= 48 ? hours / 24 : 0])
  const phase = random.between(0, 2 * Math.PI)
  const wander = remembering(drawn, around(random, ...SOFT))
  const gaps = gapsOf(share)
  let [burst, memory] = [0, 1]
  return share.map((at, i) => {
    const gap = gaps[i] as number
    if (random.uniform() < 8 * gap) burst = random.between(0.5, 2)
    burst *= Math.exp(-gap / 0.01)
    const load = 1 + 0.4 * Math.sin(2 * Math.PI * waves * at + phase) + 0.25 * (wander[i] as number) + burst
    const kept = i > 0 ? Math.exp(-gap / 0.004) : 0
    memory = kept * memory + (1 - kept) * load
    return tall * memory
  })
}

/** Forks and backups: high for a moment, at no special time. */
export const spikes: Part = (drawn) => {
  const { random, share } = drawn
  const tall = height(drawn, 5, 80)
  const wide = around(random, 0.0005, 0.012)
  const all = Array.from({ length: whole(random, 2, 30) }, () => ({
    middle: random.uniform(),
    half: Math.max(wide * random.between(0.3, 1.5), 0.6 / share.length) / 2,
    top: tall * random.between(0.5, 1.5),
  }))
  return share.map((at) =>
    all.reduce((sum, { middle, half, top }) => sum + (Math.abs(at - middle) < half ? top : 0), 0),
  )
}

/** Arenas of an allocator, taken and given back for good. */
export const arenas: Part = (drawn) => {
  const { random, share } = drawn
  const often = around(random, 4, 60)
  const size = height(drawn, 0.5, 6)
  let level = 0
  return gapsOf(share).map((gap) => {
    if (random.uniform() < gap * often) level += size * random.between(0.5, 1.5) * oneOf(random, [1, -1])
    return level
  })
}

/** What an allocator never gives back: the most that a load ever asked for. */
export const highWater: Part = (drawn) => {
  const tall = height(drawn, 1, 12)
  let most = -Infinity
  return remembering(drawn, around(drawn.random, 0.001, 0.03)).map((load) => {
    most = Math.max(most, load)
    return tall * most
  })
}

export const secondWarmUp: Part = (drawn) => {
  const { random, share } = drawn
  const [from, time, tall] = [random.between(0.1, 0.3), around(random, 0.01, 0.06), height(drawn)]
  return share.map((at) => (at > from ? tall * (1 - Math.exp(-(at - from) / time)) : 0))
}

/** A cache that fills at one rate, and drops a part of itself when it is full. */
export const evicting: Part = (drawn) => {
  const { random, share } = drawn
  const cap = height(drawn, 5, 40)
  const rate = cap / random.between(0.05, 0.3)
  const dropped = cap * random.between(0.05, 0.3)
  let held = 0
  return gapsOf(share).map((gap) => {
    held += rate * gap
    if (held > cap) held -= dropped
    return held
  })
}

export const everyHour: Part = (drawn) => {
  const tall = height(drawn, 2, 30)
  const fades = drawn.random.between(120, 900)
  return drawn.x.map((s) => tall * Math.exp(-(s % HOUR) / fades))
}

export const givenBack: Part = (drawn) => {
  const { random, share } = drawn
  const [at, time, tall] = [random.between(0.05, 0.4), around(random, 0.005, 0.08), height(drawn, 3, 40)]
  return share.map((now) => (now < at ? tall : tall * Math.exp(-(now - at) / time)))
}

/** A heap that warms up, and teeth as tall as it. */
export const growingTeeth: Part = (drawn) => {
  const heap = warmUp(0.02, 0.1)(drawn)
  const teeth = sawtooth(50, 200)(drawn)
  const tallest = teeth.reduce((most, value) => Math.max(most, value), Number.MIN_VALUE)
  return heap.map((level, i) => level * (2 + (teeth[i] as number) / tallest))
}
