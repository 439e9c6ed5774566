/** Whether a series comes and goes: by the day, or with a period of its own. Pure. */
import { lineThrough, type XY } from '../trend.ts'
import { type Frame, fitOf } from './frame.ts'
import { wavesOf } from './shapes.ts'

export const HARMONICS = 2
/** Deviance that a wave has to earn, of a day and of any other period. */
const DAILY = 20
const OTHER = 30
/** So many days show a wave that comes again… */
const LEAST_DAYS = 1.9
/** …and so much of one, that there may be one. */
export const LEAST_OF_DAY = 0.8
/** Other periods: twice in the series at least, and so many levels each at least. */
const LEAST_TIMES = 2
const LEAST_LEVELS = 6
const LEAST_LEVELS_A_DAY = 5
const APART = 0.2

/** By how much a wave makes a line more plausible. @param frames without any season */
function gainOf(frames: readonly Frame[], x: Float64Array, times: number): number {
  const waves = wavesOf(x, times, HARMONICS)
  let [without, withIt] = [Infinity, Infinity]
  for (const frame of frames) {
    without = Math.min(without, fitOf(frame, [frame.x])?.deviance ?? Infinity)
    withIt = Math.min(withIt, fitOf(frame, [...waves.map(frame.beside), frame.x])?.deviance ?? Infinity)
  }
  return without - withIt
}

/** The strongest wave in what a line leaves; slow ones are weighed down, since all noise is slow. */
function strongest(levels: XY): number | null {
  const { residuals } = lineThrough(levels)
  let best: number | null = null
  let most = 0
  for (let times = LEAST_TIMES; times <= levels.x.length / LEAST_LEVELS; times += APART) {
    const power = wavesOf(levels.x, times, 1).reduce((sum, wave) => {
      const product = wave.reduce((all, value, i) => all + value * (residuals[i] as number), 0)
      return sum + product ** 2 / wave.reduce((all, value) => all + value ** 2, 0)
    }, 0)
    if (power * times <= most) continue
    best = times
    most = power * times
  }
  return best
}

/** How often its wave comes in the series; null where it has none. @param days that the series lasts; 0 where it has no days */
export function seasonOf(frames: readonly Frame[], levels: XY, days: number): number | null {
  const { x } = levels
  if (days >= LEAST_DAYS && days <= x.length / LEAST_LEVELS_A_DAY && gainOf(frames, x, days) > DAILY) return days
  const times = strongest(levels)
  return times !== null && gainOf(frames, x, times) > OTHER ? times : null
}

/** Whether a series that lasts about a day may follow it. */
export const mayBeDaily = (frames: readonly Frame[], { x }: XY, days: number): boolean =>
  days >= LEAST_OF_DAY && days < LEAST_DAYS && gainOf(frames, x, days) > DAILY
