/** Whether a server answers ever fewer requests per second. Pure. */
import { linearRegression, linearRegressionLine, median, wilcoxonRankSum } from 'simple-statistics'
import { type LoadLine, type Recording, type Throughput, undisturbedLoads } from '../model.ts'

/** Batches in a third of the run; with fewer no order is too rare to come by chance. */
const LEAST = 8
/** Less than this share of what it was at first is a finding: machines have neighbours. */
const DECAYED = 0.8
/** How rarely chance alone puts the last third so far below the first: 0.1 %, one-sided. */
const RARE_Z = 3.09

/** Batches that say the same: undisturbed, and of like sizes. */
function comparable(recording: Recording): LoadLine[] {
  const like = undisturbedLoads(recording)
  // Of a small one the connections are the larger part.
  const largest = Math.max(...like.map(({ requests }) => requests))
  return like.filter(({ requests }) => requests >= largest / 2)
}

/** The most that is believed of a correlation: beyond it nothing is worth anything. */
const MOST_CORRELATED = 0.99

/**
 * Of how many batches each is worth one: those of a machine with neighbours are slow together. As of an AR(1) process around
 * a line, along which the time of a request grows where every one makes the next a little slower.
 */
function alike(msPerRequest: readonly number[]): number {
  const line = linearRegressionLine(linearRegression(msPerRequest.map((ms, i) => [i, ms])))
  const rest = msPerRequest.map((ms, i) => ms - line(i))
  const squares = rest.reduce((sum, one) => sum + one ** 2, 0)
  const products = rest.reduce((sum, one, i) => sum + one * (rest[i - 1] ?? 0), 0)
  const correlation = squares > 0 ? Math.min(MOST_CORRELATED, products / squares) : 0
  return Math.max(1, (1 + correlation) / (1 - correlation))
}

/**
 * Requests per second of the first and the last third of the batches, as medians; a decay where the last are fewer by more
 * than a fifth and, by the rank sum of Wilcoxon (1945) of as many batches as they are worth, not by chance.
 * @returns null where too little can be compared, or other scenarios came and went beside it
 */
export function throughputOf(recording: Recording): Throughput | null {
  const batches = comparable(recording)
  const n = Math.floor(batches.length / 3)
  if (n < LEAST || recording.header.jobs > 1) return null
  const msPerRequest = batches.map(({ requests, tookMs }) => tookMs / requests)
  const perSecond = msPerRequest.map((ms) => 1000 / ms)
  const [early, late] = [perSecond.slice(0, n), perSecond.slice(-n)]
  const [first, last] = [median(early), median(late)]
  // Under the hypothesis that nothing changed: its mean, and its standard deviation.
  const [mean, deviation] = [(n * (2 * n + 1)) / 2, Math.sqrt((n * n * (2 * n + 1)) / 12)]
  const z = (mean - wilcoxonRankSum(late, early)) / deviation / Math.sqrt(alike(msPerRequest))
  return { first, last, decays: last < DECAYED * first && z > RARE_Z }
}
