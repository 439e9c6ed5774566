/**
 * What series of real programs look like, leaking and not, as seeded generators: `n` readings, one every 100 cycles.
 * Each is ordinary behaviour that fools a simpler rule; docs/verdicts.md has the rates they come out with.
 */
import type { Random } from './random.ts'

export const CYCLES = 100

export type Shape = (random: Random, n: number) => number[]

const times = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i))
const cumulative = (n: number, step: (i: number) => number) => {
  let sum = 0
  return times(n, (i) => (sum += i === 0 ? 0 : step(i)))
}
const sum =
  (...shapes: Shape[]): Shape =>
  (random, n) => {
    const series = shapes.map((shape) => shape(random, n))
    return times(n, (i) => series.reduce((total, values) => total + (values[i] as number), 0))
  }

/** A linear rise of `perCycle`, by events at random moments. */
const leak =
  (perCycle: number, size = 1): Shape =>
  (random, n) =>
    cumulative(n, () => size * random.poisson((perCycle / size) * CYCLES))

const stragglers: Shape = (random, n) => times(n, () => random.poisson(0.3))
const sawtooth: Shape = (random, n) => {
  const period = Math.round(random.between(3, 6))
  const height = Math.round(random.between(2, 10))
  return times(n, (i) => Math.round(((i % period) / (period - 1)) * height))
}
/** What is closed some batches after it was made. */
const delayedRelease: Shape = (random, n) => {
  const mean = random.between(0.5, 2)
  const delay = random.between(0.5, 2)
  const open: number[] = []
  return times(n, (i) => {
    for (let made = random.poisson(mean); made > 0; made--) open.push(i + random.exponential(delay))
    return open.filter((until) => until > i).length
  })
}
const warmUp: Shape = (random, n) => {
  const level = random.between(5, 30)
  const scale = random.between(0.03, 0.12) * n
  return times(n, (i) => Math.round(level * (1 - Math.exp(-i / scale))))
}
const step: Shape = (random, n) => {
  const at = random.between(0, n)
  const size = Math.round(random.between(1, 20))
  return times(n, (i) => (i >= at ? size : 0))
}

export const cleanCounts: Record<string, Shape> = {
  flat: (_, n) => times(n, () => 7),
  stragglers,
  'warm-up that plateaus': sum(warmUp, stragglers),
  'lazily created singletons': (random, n) => {
    const made = times(5, () => random.exponential(0.15 * n))
    return times(n, (i) => made.filter((at) => at <= i).length)
  },
  'a cache that fills like a logarithm': sum((random, n) => {
    const size = random.between(8, 30)
    const scale = random.between(0.3, 3)
    return times(n, (i) => Math.floor(size * Math.log(1 + i / scale)))
  }, stragglers),
  'one late step': step,
  sawtooth: sum(sawtooth, stragglers),
  'delayed close': delayedRelease,
  'a pool that breathes': (random, n) => {
    let size = 5
    return times(n, () => (size = Math.min(10, Math.max(0, size + Math.round(random.normal() * 2)))))
  },
  'rare wide excursions': (random, n) => {
    let left = 0
    return times(n, () => {
      if (left === 0 && random.uniform() < 0.05) left = Math.ceil(random.between(0, 3))
      else if (left > 0) left--
      return left > 0 ? 50 : 3
    })
  },
  'a cache cleared now and then': (random, n) => {
    let size = 0
    let left = random.between(5, 12)
    return times(n, () => {
      if (--left > 0) size += random.poisson(3)
      else [size, left] = [0, random.between(5, 12)]
      return size
    })
  },
  'connections let go, one by one': (random, n) => {
    let left = 40
    return times(n, () => (left = Math.max(5, left - random.poisson(60 / n))))
  },
  'two steps': sum(step, step),
}

export const leakingCounts: Record<string, Shape> = {
  '1 per cycle': leak(1),
  '1 per 10': leak(1 / 10),
  '1 per 100': leak(1 / 100),
  '1 per 1,000': leak(1 / 1000),
  'error path of 1 % of cycles': leak(1 / 100),
  'bursts: 1 per 2,000 cycles, mean 20': (random, n) =>
    cumulative(n, () => {
      let grown = 0
      for (let bursts = random.poisson(CYCLES / 2000); bursts > 0; bursts--)
        grown += 1 + Math.floor(random.exponential(19.5))
      return grown
    }),
  '1 per 100 under a sawtooth': sum(leak(1 / 100), sawtooth),
  '1 per 100 under delayed release': sum(leak(1 / 100), delayedRelease),
  '1 per 100 under a warm-up': sum(leak(1 / 100), warmUp),
}

const KB = 1000
const NOISE = 100 * KB
const MB = 1000 * KB

/** Noise that remembers: 0 is white, 0.9 wanders. */
const noise =
  (memory: number): Shape =>
  (random, n) => {
    let now = random.normal()
    return times(n, () => {
      now = memory * now + Math.sqrt(1 - memory ** 2) * random.normal()
      return 10 * MB + now * NOISE
    })
  }
const garbage: Shape = (random, n) => {
  const period = Math.round(random.between(4, 12))
  const phase = Math.floor(random.between(0, period))
  return times(n, (i) => (((i + phase) % period) / period) * 2 * MB)
}
const memoryStep: Shape = (random, n) => {
  const at = random.between(0.05, 0.95) * n
  const size = random.between(0.2, 2) * MB
  return times(n, (i) => (i >= at ? size : 0))
}
const memoryWarmUp: Shape = (random, n) => {
  const scale = random.between(0.03, 0.15) * n
  return times(n, (i) => 5 * MB * (1 - Math.exp(-i / scale)))
}

/** What a heap after full collections shows beside its growth: a kB or two. */
const quiet: Shape = (random, n) => times(n, () => 10 * MB + 2 * KB * random.normal())
/** A collection that has run for some time before it is measured: its entries, and when its table of `each` bytes an entry grows. */
const table =
  (perCycle: number, each: number, factor: number, stops = Infinity): Shape =>
  (random, n) => {
    const before = random.between(0.5, 1.6) * n * CYCLES
    const full = stops === Infinity ? Infinity : before + random.between(0.1, stops) * n * CYCLES
    const phase = random.between(1, factor)
    return times(n, (i) => {
      const entries = Math.min(full, before + i * CYCLES)
      const capacity = phase * factor ** Math.ceil(Math.log(entries / phase) / Math.log(factor))
      return perCycle * entries + each * capacity
    })
  }
/** Blocks that a pool adds while it fills. */
const blocks: Shape = (random, n) => {
  const made = times(Math.round(random.between(2, 6)), () => random.between(0, 0.7) * n)
  const size = random.between(0.05, 1) * MB
  return times(n, (i) => size * made.filter((at) => at <= i).length)
}

export const cleanMemory: Record<string, Shape> = {
  'white noise': noise(0),
  'noise that lingers': noise(0.5),
  'noise that wanders': noise(0.9),
  'a sawtooth of garbage': sum(noise(0), garbage),
  'warm-up that plateaus': sum(noise(0.3), memoryWarmUp),
  'a cache that fills like a logarithm': (random, n) => {
    const size = random.between(0.1, 1) * MB
    const scale = random.between(0.5, 5)
    const base = noise(0.3)(random, n)
    return times(n, (i) => (base[i] as number) + size * Math.log(1 + i / scale))
  },
  'one step': sum(noise(0.3), memoryStep),
  'two steps': sum(noise(0.3), memoryStep, memoryStep),
  'spikes with heavy tails': (random, n) =>
    times(n, () => 10 * MB + (NOISE * random.normal()) / Math.sqrt(random.exponential(1) + 0.05)),
  'noise that grows and shrinks': (random, n) => {
    const phase = random.between(0, 2 * Math.PI)
    return times(n, (i) => 10 * MB + NOISE * random.normal() * (1.2 + Math.sin(phase + (i / n) * 6)))
  },
  'a sawtooth of uneven periods': (random, n) => {
    let level = 0
    const base = noise(0)(random, n)
    return times(n, (i) => {
      level = level > 2 * MB * random.between(0.7, 1.3) ? 0 : level + 0.25 * MB
      return (base[i] as number) + level
    })
  },
  'memory given back': (random, n) => {
    const base = noise(0.3)(random, n)
    return times(n, (i) => (base[i] as number) - (2 * MB * i) / n)
  },
  'a pool that fills by 40 %': (random, n) => {
    const base = noise(0.3)(random, n)
    const full = random.between(0.2, 0.4) * n
    return times(n, (i) => (base[i] as number) + 3 * MB * Math.min(1, i / full))
  },
}

export const steppedCleanMemory: Record<string, Shape> = {
  'a table that fills by 40 %, and stops': sum(quiet, table(100, 24, 2, 0.4)),
  'an array that fills by 40 %, and stops': sum(quiet, table(100, 8, 1.5, 0.4)),
  'blocks that a pool adds': sum(quiet, blocks),
  'blocks that a pool adds, in noise': sum(noise(0.3), blocks),
}
export const steppedLeakingMemory: Record<string, Shape> = {
  'a Map that keeps 1 kB a cycle': sum(quiet, table(1000, 24, 2)),
  'a Map that keeps 60 B a cycle': sum(quiet, table(60, 24, 2)),
  'an array that keeps 60 B a cycle': sum(quiet, table(60, 8, 1.5)),
  'a Map that keeps 1 kB a cycle, in noise': sum(noise(0), table(1000, 24, 2)),
}

/** Constant leaks at twice the rate that *clean* must rule out. */
export const slowLeakingCounts: Record<string, Shape> = {
  '1 per 500': leak(2 / 1000),
  '1 per 500, with stragglers': sum(leak(2 / 1000), stragglers),
  '1 per 500 under a sawtooth': sum(leak(2 / 1000), sawtooth),
  '1 per 500 under delayed release': sum(leak(2 / 1000), delayedRelease),
  '1 per 500 under a warm-up': sum(leak(2 / 1000), warmUp),
  '1 per 500 beside one late step': sum(leak(2 / 1000), step),
}
export const slowLeakingMemory: Record<string, Shape> = {
  '40 B per cycle in white noise': sum(noise(0), leak(40, 40)),
  '40 B per cycle in noise that lingers': sum(noise(0.5), leak(40, 40)),
  '40 B per cycle in noise that wanders': sum(noise(0.9), leak(40, 40)),
  '40 B per cycle under garbage': sum(noise(0), garbage, leak(40, 40)),
  '40 B per cycle under a warm-up': sum(noise(0.3), memoryWarmUp, leak(40, 40)),
  '40 B per cycle beside one step': sum(noise(0.3), memoryStep, leak(40, 40)),
  'a Map that keeps 40 B a cycle': sum(quiet, table(40, 24, 2)),
  'an array that keeps 40 B a cycle': sum(quiet, table(40, 8, 1.5)),
}

export const leakingMemory: Record<string, Shape> = {
  '5 kB per cycle': sum(noise(0), leak(5 * KB, 5 * KB)),
  '5 kB per 10 cycles': sum(noise(0), leak(0.5 * KB, 5 * KB)),
  '5 kB per 100 cycles': sum(noise(0), leak(0.05 * KB, 5 * KB)),
  '5 kB per 10 under garbage': sum(noise(0), leak(0.5 * KB, 5 * KB), garbage),
  '5 kB per 10 in wandering noise': sum(noise(0.9), leak(0.5 * KB, 5 * KB)),
  '5 kB per 10 under a warm-up': sum(noise(0.3), leak(0.5 * KB, 5 * KB), memoryWarmUp),
}

/** Shapes that nothing was tuned on: written after the rules, and left as they came out. */
export const untunedCleanCounts: Record<string, Shape> = {
  'connections replaced at the end of their life': (random, n) => {
    const ends = times(8, () => random.between(0, 20))
    return times(n, (i) => {
      let open = 8
      ends.forEach((end, k) => {
        if (end > i) return
        ends[k] = i + random.between(10, 25)
        open++ // for a moment, the old one and the new one
      })
      return open
    })
  },
  'a pool that grows on demand': (random, n) => {
    let size = 0
    return times(n, () => (size = Math.max(size, random.poisson(6))))
  },
  'retries that pile up and pass': (random, n) => {
    let waiting = 0
    return times(n, () => (waiting = random.uniform() < 0.04 ? waiting + 20 : Math.floor(waiting * 0.6)))
  },
  'a job every twentieth time': (random, n) => times(n, (i) => 3 + (i % 20 < 3 ? 5 + random.poisson(2) : 0)),
}
export const untunedLeakingCounts: Record<string, Shape> = {
  '1 per 200, beside retries that pile up': sum(
    leak(1 / 200),
    untunedCleanCounts['retries that pile up and pass'] as Shape,
  ),
  '1 per 50, from the middle of the run on': (random, n) =>
    cumulative(n, (i) => (i < n / 2 ? 0 : random.poisson(CYCLES / 50))),
}
export const untunedCleanMemory: Record<string, Shape> = {
  'three plateaus': (random, n) => {
    const base = noise(0.3)(random, n)
    const ends = times(3, () => random.between(0, 0.5) * n)
    return times(n, (i) => (base[i] as number) + ends.reduce((sum, end) => sum + Math.min(1, i / end) * 0.5 * MB, 0))
  },
  'a slow wave': (random, n) => {
    const base = noise(0.3)(random, n)
    const [phase, waves] = [random.between(0, 6.28), random.between(1.2, 4)]
    return times(n, (i) => (base[i] as number) + 0.5 * MB * Math.sin(phase + (waves * 6.28 * i) / n))
  },
  'garbage collected when there is time': (random, n) => {
    let garbage = 0
    const base = noise(0)(random, n)
    return times(n, (i) => {
      garbage = random.uniform() < 0.3 ? garbage * random.between(0, 0.4) : garbage + 0.2 * MB
      return (base[i] as number) + garbage
    })
  },
}
export const untunedLeakingMemory: Record<string, Shape> = {
  '50 kB per 100 cycles, beside a slow wave': sum(leak(0.5 * KB, 50 * KB), untunedCleanMemory['a slow wave'] as Shape),
  '5 kB per 10 with garbage collected now and then': sum(
    leak(0.5 * KB, 5 * KB),
    untunedCleanMemory['garbage collected when there is time'] as Shape,
  ),
}
