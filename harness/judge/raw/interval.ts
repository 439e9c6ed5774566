/** The slopes that no plausible explanation rules out: a profile likelihood over shapes and noises. Pure. */
import { sampleKurtosis } from 'simple-statistics'
import { INTERVAL } from '../rules.ts'
import { tAbove } from '../student.ts'
import type { XY } from '../trend.ts'
import { type Explained, type Explanation, leastDeviance, leftBy } from './explanations.ts'
import { amplitudeOf, type Fit, type Frame, slopeOf } from './frame.ts'
import type { Noise } from './noise.ts'

/** The interval of one fit, made wider by so much: it is one of many. */
const WIDER = 1.15
/** Deviance between two noises counts so many times; towards a walk less, since the likelihood leans to short memories. */
const NOISE = 1.5
const WALK = 1
/** What comes in jumps is no noise of these, and a walk is nearest to it. */
const WALK_OF_JUMPS = 0.2
/** A walk under this much white noise. */
const WALKS = 1

const isWalk = ({ memory, white }: Noise): boolean => memory === Infinity && white <= WALKS

/** So many steps are no accident: more may come. */
const MANY_STEPS = 2
/** Noise of a bell curve has an excess kurtosis of 0; of 80 levels 0.55 is its standard deviation. */
const HEAVY_TAILS = 1
/** Of a warm-up no curve has quite the shape. */
const WARM_UP = 0.1

/** Whether a series moves in jumps: what is left when one step may be taken out has heavy tails, or it takes several steps to explain it. */
export function jumps({ all, likely }: Explained, frames: readonly Frame[], levels: XY): boolean {
  if (likely.steps >= MANY_STEPS) return true
  const plain = leastDeviance(all.filter(({ steps }) => steps <= 1))
  if (!plain?.best) return false
  const frame = frames[plain.fits.indexOf(plain.best)] as Frame
  const left = leftBy(plain.best, plain.transient, frame)
  return sampleKurtosis([...left].filter((_, k) => (levels.x[k] as number) > WARM_UP)) > HEAVY_TAILS
}

/** The slope at which the amplitude of a fit's transient is nothing: it changes with the slope in proportion. */
export function zeroOf(fit: Fit): number {
  return slopeOf(fit) - amplitudeOf(fit) / fit.follows
}

/** Whether slopes above the one at which the amplitude is zero turn its sign. */
export const isBoundedAbove = ({ sign }: Explanation, { follows }: Fit): boolean => sign > 0 === follows < 0

/**
 * Deviance that a transient has to earn on top, to widen the interval: the more shapes there are, the better one of them fits by chance. Slow ones are nearly lines,
 * and what has steps, too, fits nearly everything.
 */
const BENT = 2
const SLOW = 3
const STEPPED = 2

function shownDeviance({ best, penalty, sign, steps, transient }: Explanation): number {
  if (!best) return Infinity
  const bent = sign === 0 ? 0 : BENT + (transient?.isSlow ? SLOW : 0) + (steps > 0 ? STEPPED : 0)
  return best.deviance + penalty + bent
}

/**
 * @param isJumpy the series moves in jumps
 * @returns the slope and its 95 % interval, in shares of the range per length of the series
 */
export function slopesOf(
  { all }: Explained,
  frames: readonly Frame[],
  isJumpy: boolean,
): { slope: number; low: number; high: number } {
  const allowed = all.filter(({ deviance }) => deviance < Infinity)
  const likely = allowed.reduce((a, b) => (shownDeviance(b) < shownDeviance(a) ? b : a))
  const ofWalk = isJumpy ? WALK_OF_JUMPS : WALK
  const quantiles = new Map<number, number>()
  const quantile = (degrees: number): number => {
    const known = quantiles.get(degrees) ?? tAbove(INTERVAL, degrees)
    quantiles.set(degrees, known)
    return known
  }
  let [low, high] = [Infinity, -Infinity]
  for (const explanation of all) {
    const { best } = explanation
    if (!best) continue
    // One whose transient has the wrong sign is near where its amplitude is zero.
    const behind = Math.max(0, shownDeviance(explanation) - shownDeviance(likely))
    for (const [i, fit] of explanation.fits.entries()) {
      if (!fit) continue
      const { degrees } = fit
      const walks = isWalk((frames[i] as Frame).noise)
      const away = (walks ? ofWalk : 1) * behind + (walks ? ofWalk : NOISE) * (fit.reml - best.reml)
      const left = WIDER * degrees * Math.log(1 + quantile(degrees) ** 2 / degrees) - away
      if (left <= 0) continue
      const half = fit.error * Math.sqrt(degrees * (Math.exp(left / degrees) - 1))
      let [from, to] = [slopeOf(fit) - half, slopeOf(fit) + half]
      if (explanation.sign !== 0) {
        if (isBoundedAbove(explanation, fit)) to = Math.min(to, zeroOf(fit))
        else from = Math.max(from, zeroOf(fit))
      }
      if (from > to) continue
      low = Math.min(low, from)
      high = Math.max(high, to)
    }
  }
  return { slope: slopeOf(likely.best as Fit), low, high }
}
