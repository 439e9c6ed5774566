/** Seeded random numbers, so that a simulation says the same every time. */

export type Random = {
  /** 0 to 1. */
  uniform(): number
  between(from: number, to: number): number
  /** Standard normal. */
  normal(): number
  exponential(mean: number): number
  poisson(mean: number): number
}

export function seeded(seed: number): Random {
  let state = seed | 0
  // mulberry32: small, seeded, good enough for a simulation.
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const poisson = (mean: number): number => {
    // A sum of Poissons is one: large means are split, or e^-mean is 0.
    if (mean > 30) return poisson(mean / 2) + poisson(mean / 2)
    let events = 0
    for (let p = uniform(); p > Math.exp(-mean); p *= uniform()) events++
    return events
  }
  return {
    uniform,
    normal,
    poisson,
    between: (from, to) => from + (to - from) * uniform(),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
  }
}
