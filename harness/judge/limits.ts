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

/** Where, between `from` and `to`, the martingale, monotone there, reaches 1/α. */
function solve(over: (L: number) => boolean, from: number, to: number): number {
  const overAtFrom = over(from)
  for (let step = 0; step < 60; step++) {
    const middle = (from + to) / 2
    if (over(middle) === overAtFrom) from = middle
    else to = middle
  }
  return (from + to) / 2
}

/** Whether the martingale is over 1/α at L. */
function overAt(events: number, alpha: number, { a, b }: { a: number; b: number }): (L: number) => boolean {
  let constant = a * Math.log(b) + Math.log(alpha) // + log Γ(a+K) − log Γ(a), K whole
  for (let k = 0; k < events; k++) constant += Math.log(a + k)
  return (L) => L + constant - (a + events) * Math.log(b + L) >= 0
}

/** Upper limit of the expected number of events after `events` were seen, wrong with probability `alpha` at most. */
export function highEvents(events: number, alpha: number): number {
  // Above its lowest point, at L = a + K − b or 0, the martingale grows without bound.
  const lowest = Math.max(0, SMALLER.a + events - SMALLER.b)
  const most = lowest + 20 * (1 - Math.log(alpha)) + 10 * Math.sqrt(events) + events
  return solve(overAt(events, alpha, SMALLER), lowest, most)
}

/** Lower limit of the expected number of events; 0 where nothing can be said. */
export function lowEvents(events: number, alpha: number): number {
  const over = overAt(events, alpha, LARGER)
  if (events === 0 || !over(0)) return 0
  return solve(over, 0, Math.max(0, LARGER.a + events - LARGER.b))
}
