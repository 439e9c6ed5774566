/** When a leak kills: what is left of the limit, divided by the growth. Pure. */
import type { Forecast, Headroom, Limit, LimitsLine, ResourceVerdict, RunVerdict } from '../model.ts'
import { WINDOWS } from './rules.ts'
import { theilSen } from './trend.ts'

/** Which limits a resource runs into: a worker is a thread, a child one at least; a socket is a descriptor. */
const limitedBy: Record<string, readonly Limit['resource'][]> = {
  threads: ['threads'],
  workers: ['threads'],
  children: ['threads'],
  fds: ['fds'],
  sockets: ['fds'],
  heap: ['heap'],
  external: ['memory'],
  native: ['memory'],
  rss: ['memory'],
  pss: ['memory'],
}
/** Whether a resource runs into a limit of this kind. */
export const isLimitedBy = (name: string, resource: Limit['resource']): boolean =>
  limitedBy[name]?.includes(resource) ?? false

/** Less than this a mapping, in bytes, is not what grows: allocators map larger blocks by themselves. */
const LEAST_MAPPED = 64 * 1024
/** Large blocks of memory are mappings, of which a process may have so many: how fast those grow is known only where they were counted. */
const isMapped = (name: string): boolean => isLimitedBy(name, 'memory')

const left = ({ limit, now }: Limit) => Math.max(0, limit - now)

/** The nearest of a resource's limits, whether it grows or not. */
export function headroomOf(name: string, limits: readonly Limit[]): Headroom | null {
  const [nearest] = limits.filter(({ resource }) => isLimitedBy(name, resource)).sort((a, b) => left(a) - left(b))
  return nearest ? { limit: nearest.limit, source: nearest.source, now: nearest.now, left: left(nearest) } : null
}

/** Of fewer readings of a limit the resource's own growth says more. */
const LEAST_READINGS = 20

/** How fast the use of a limit grows, per cycle, in the limit's own scope; null where it was not read often enough. */
export type RateOf = (limit: Omit<Limit, 'now'>) => number | null

/** From the first reading to the last; null where it did not grow. */
function meanRate(read: readonly { cycles: number; now: number }[]): number | null {
  const [first, last] = [read[0], read.at(-1)]
  if (!first || !last || last.now <= first.now) return null
  return (last.now - first.now) / Math.max(1, last.cycles - first.cycles)
}

/**
 * Of a run in which limits were read at every checkpoint: the median of slopes, which one step of a neighbour, or of a
 * collector, does not move.
 */
export function ratesInScope(lines: readonly LimitsLine[]): RateOf {
  const known = new Map<string, number | null>()
  const rate: RateOf = ({ resource, source, limit }) => {
    const read = lines.flatMap(({ cycles, limits }) => {
      const same = limits.find((one) => one.source === source && one.limit === limit)
      return same ? [{ cycles, now: same.now }] : []
    })
    const kept = read.slice(Math.ceil(WINDOWS[0].from * read.length))
    if (kept.length < LEAST_READINGS) return resource === 'maps' ? meanRate(read) : null
    const slope = theilSen({
      x: Float64Array.from(kept, ({ cycles }) => cycles),
      y: Float64Array.from(kept, ({ now }) => now),
    })
    return slope > 0 ? slope : null
  }
  return (limit) => {
    const key = `${limit.source} ${limit.limit}`
    if (!known.has(key)) known.set(key, rate(limit))
    return known.get(key) ?? null
  }
}

/**
 * Cycles and seconds until a resource that surely grows meets its nearest limit; null where it does not, or has none.
 * @param secondsPerCycle the scenario's cadence, or the pace that was seen; null where neither is known
 */
export function forecastOf(
  { name, growthPerCycle, low, high }: Pick<ResourceVerdict, 'name' | 'growthPerCycle' | 'low' | 'high'>,
  limits: readonly Limit[],
  secondsPerCycle: number | null,
  rateOf: RateOf = () => null,
): Forecast | null {
  if (growthPerCycle === null || low === null || high === null || low <= 0) return null
  const found = limits.flatMap((limit): Forecast[] => {
    const isMaps = limit.resource === 'maps' && isMapped(name)
    if (!isMaps && !isLimitedBy(name, limit.resource)) return []
    const rate = rateOf(limit) ?? (isMaps ? null : growthPerCycle)
    if (rate === null || (isMaps && rate * LEAST_MAPPED > growthPerCycle)) return []
    // In mappings it is as certain as it is in bytes.
    const scale = isMaps ? rate / growthPerCycle : 1
    const cyclesLeft = Math.floor(left(limit) / rate)
    return [
      {
        limit: limit.limit,
        source: limit.source,
        ...(isMaps && { unit: 'count' }),
        cyclesLeft,
        low: Math.floor(left(limit) / Math.max(rate, scale * high)),
        high: Math.ceil(left(limit) / Math.min(rate, scale * low)),
        secondsLeft: secondsPerCycle === null ? null : cyclesLeft * secondsPerCycle,
      },
    ]
  })
  return found.toSorted((a, b) => a.cyclesLeft - b.cyclesLeft)[0] ?? null
}

/** What nobody judged speaks only where its growth is as good as certain: resident memory also grows while it warms up. */
const isTelling = ({ level, growthPerCycle, low, high }: ResourceVerdict): boolean =>
  level !== 'off' || (growthPerCycle !== null && low !== null && high !== null && high - low <= growthPerCycle)

/** The forecast that comes first, over all resources: what the process dies of. */
export function earliest(resources: readonly ResourceVerdict[]): RunVerdict['dies'] {
  const [first] = resources
    .filter(isTelling)
    .flatMap(({ forecast, unit, name }) => (forecast ? [{ ...forecast, unit: forecast.unit ?? unit, name }] : []))
    .sort((a, b) => a.cyclesLeft - b.cyclesLeft)
  return first ?? null
}
