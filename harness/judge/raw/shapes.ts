/** What else than a line a series may follow: what warms up and ends, and what comes and goes by the day. Pure. */

export type Transient = {
  /** Its place among the transients of a frame. */
  place: number
  column: Float64Array
  /** It is over within the first fifth. */
  isFast: boolean
  /** It lasts longer than 40 % of the series, or its logarithm has not bent by then: hard to tell from a line. */
  isSlow: boolean
}

type Curve = { at: (since: number) => number; lasts: number; isSlow?: boolean }

/** Everything is a share of the series. */
const curves: readonly Curve[] = [
  ...[0.007, 0.012, 0.02, 0.035, 0.06, 0.09, 0.135, 0.2, 0.3, 0.5, 1].map((time) => ({
    at: (since: number) => 1 - Math.exp(-since / time),
    lasts: 3 * time,
    isSlow: time >= 0.2,
  })),
  ...[0.0003, 0.0007, 0.0015, 0.003, 0.006, 0.012, 0.025, 0.05, 0.08, 0.15].map((scale) => ({
    at: (since: number) => Math.log(1 + since / scale),
    lasts: 1,
    isSlow: scale > 0.06,
  })),
  ...[0.05, 0.1, 0.15, 0.2, 0.225, 0.25, 0.275, 0.3, 0.325, 0.35, 0.375, 0.4, 0.5, 0.6, 0.7, 0.8].map((end) => ({
    at: (since: number) => Math.min(since, end),
    lasts: end,
    isSlow: end >= 0.5,
  })),
  ...[0.1, 0.2, 0.25, 0.3, 0.35, 0.4].map((end) => ({
    at: (since: number) => 1 / (1 + Math.exp(-8 * (since / end - 0.5))),
    lasts: end,
  })),
]

const FAST = 0.2

/** @param starts where it was started again, and warms up again */
export function transientsOf(x: Float64Array, starts: readonly number[]): Transient[] {
  const since = x.map((at) => at - (starts.findLast((start) => start <= at) ?? 0))
  return curves.map(({ at, lasts, isSlow = false }, place) => ({
    place,
    column: since.map(at),
    isFast: lasts <= FAST,
    isSlow,
  }))
}

/** Sine and cosine of a wave that comes so many times in the series, and of its harmonics. */
export const wavesOf = (x: Float64Array, times: number, harmonics: number): Float64Array[] =>
  Array.from({ length: harmonics }, (_, h) =>
    [Math.sin, Math.cos].map((wave) => x.map((at) => wave(2 * Math.PI * times * (h + 1) * at))),
  ).flat()
