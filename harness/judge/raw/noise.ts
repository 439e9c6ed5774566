/**
 * What the noise of a long series may be: without memory, with a memory of some length (an Ornstein–Uhlenbeck process), or
 * a random walk, and white noise on top of it. Pure.
 */

export type Noise = {
  /** Correlation time, as a share of the series: 0 is white noise, Infinity a random walk. */
  memory: number
  /** Variance of the white noise on top, in units of what the remembering part changes by from one block to the next. */
  white: number
}

/** Correlation times are so far apart, from a fraction of a block to nearly half of the series. */
const SHORTEST_IN_BLOCKS = 0.7
const LONGEST = 0.45
const APART = 1.75
/** White noise on top of a memory shorter than this is one noise. */
const LEAST_MIXED_IN_BLOCKS = 1.5

/** Every noise that is tried for blocks that lie so far apart. */
export function noisesOf(apart: number): Noise[] {
  const noises: Noise[] = [{ memory: 0, white: 0 }]
  for (let memory = SHORTEST_IN_BLOCKS * apart; memory < LONGEST; memory *= APART) {
    noises.push({ memory, white: 0 })
    if (memory > LEAST_MIXED_IN_BLOCKS * apart) noises.push({ memory, white: 1.5 }, { memory, white: 8 })
  }
  return [...noises, ...[0, 1, 3.5].map((white) => ({ memory: Infinity, white }))]
}

export type Whitener = {
  /** What is left of a column when all that could be foreseen of it is taken away, in standard deviations. Zero before `from`. */
  whiten(column: Float64Array, from?: number): Float64Array
  /** Of the noise's covariance. */
  logDet: number
  /** A random walk may begin anywhere: its first value says nothing, and an intercept is nothing beside it. */
  isDiffuse: boolean
}

/**
 * The gains of a Kalman filter in one state are the same for every column.
 * @param x where the blocks lie, ascending
 * @param apart how far from one to the next, on average
 */
export function whitenerOf(x: Float64Array, { memory, white }: Noise, apart: number): Whitener {
  const n = x.length
  if (memory === 0)
    return {
      whiten: (column, from = 0) => column.map((value, i) => (i < from ? 0 : value)),
      logDet: 0,
      isDiffuse: false,
    }
  const isWalk = memory === Infinity
  const changeIn = (dx: number) => (isWalk ? dx : (memory / 2) * (1 - Math.exp((-2 * dx) / memory)))
  const [keeps, gain, scale] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)]
  const onTop = white * changeIn(apart)
  let variance = isWalk ? 0 : memory / 2
  let logDet = 0
  for (let i = 0; i < n; i++) {
    if (i > 0) {
      const dx = (x[i] as number) - (x[i - 1] as number)
      const kept = isWalk ? 1 : Math.exp(-dx / memory)
      keeps[i] = kept
      variance = kept ** 2 * variance + changeIn(dx)
    }
    if (isWalk && i === 0) {
      gain[0] = 1
      variance = onTop
      continue
    }
    const innovation = variance + onTop
    gain[i] = variance / innovation
    scale[i] = 1 / Math.sqrt(innovation)
    logDet += Math.log(innovation)
    variance *= 1 - (gain[i] as number)
  }
  return {
    whiten(column, from = 0) {
      const out = new Float64Array(n)
      let foreseen = 0
      for (let i = from; i < n; i++) {
        foreseen *= keeps[i] as number
        const news = (column[i] as number) - foreseen
        out[i] = news * (scale[i] as number)
        foreseen += (gain[i] as number) * news
      }
      return out
    },
    logDet,
    isDiffuse: isWalk,
  }
}

/**
 * Averages of a random walk are smoother than the walk: its increments have 2/3 + 1/(3r²) of the variance that the long run
 * has, r readings a block (Working 1960). @returns by what the variance of a slope grows
 */
export const smoothedBy = ({ memory, white }: Noise, apart: number, readings: number): number =>
  white > 0 || memory === 0 ? 1 : 1 + 0.5 * (1 - 1 / readings ** 2) * Math.exp(-apart / memory)
