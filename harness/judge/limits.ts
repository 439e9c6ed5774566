/**
 * Confidence limits for a number of events that hold at every look, so that a run may be looked at, and stopped, at
 * any checkpoint.
 *
 * For events at rate λ, the likelihood ratio of a rate u·λ, averaged over u, is a martingale. Ville's inequality says
 * it exceeds 1/α at any time with probability α at most; the limit is the rate at which it does. With u from a
 * Gamma(a, b) distribution the average has a closed form, in L = λ × exposure:
 *
 *     M(L) = e^L · b^a / Γ(a) · Γ(a+K) / (b+L)^(a+K)
 *
 * (Robbins 1970, "Statistical methods related to the law of the iterated logarithm"; Ville 1939.) The upper limit bets
 * on smaller rates, the lower on larger ones.
 */

/** Bets of the upper limit: u mostly well below 1. */
const SMALLER = { a: 0.5, b: 5 }
/** Bets of the lower limit: u around 5. */
const LARGER = { a: 1, b: 0.2 }

function logMartingale(events: number, L: number, { a, b }: { a: number; b: number }): number {
  let logGammaRatio = 0 // log Γ(a+K) − log Γ(a), K whole
  for (let k = 0; k < events; k++) logGammaRatio += Math.log(a + k)
  return L + a * Math.log(b) + logGammaRatio - (a + events) * Math.log(b + L)
}

/** The L between `from` and `to` at which the martingale, monotone there, reaches 1/α. */
function solve(events: number, alpha: number, bets: { a: number; b: number }, from: number, to: number): number {
  const over = (L: number) => logMartingale(events, L, bets) >= -Math.log(alpha)
  const overAtFrom = over(from)
  for (let step = 0; step < 60; step++) {
    const middle = (from + to) / 2
    if (over(middle) === overAtFrom) from = middle
    else to = middle
  }
  return (from + to) / 2
}

/** Upper limit of the expected number of events after `events` were seen, wrong with probability `alpha` at most. */
export function highEvents(events: number, alpha: number): number {
  // Above its lowest point, at L = a + K − b or 0, the martingale grows without bound.
  const lowest = Math.max(0, SMALLER.a + events - SMALLER.b)
  return solve(events, alpha, SMALLER, lowest, lowest + 20 * (1 - Math.log(alpha)) + 10 * Math.sqrt(events) + events)
}

/** Lower limit of the expected number of events; 0 where nothing can be said. */
export function lowEvents(events: number, alpha: number): number {
  if (events === 0 || logMartingale(events, 0, LARGER) < -Math.log(alpha)) return 0
  return solve(events, alpha, LARGER, 0, Math.max(0, LARGER.a + events - LARGER.b))
}
