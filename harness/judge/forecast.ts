/** When a leak kills: what is left of the limit, divided by the growth. Pure. */
import type { Forecast, Headroom, Limit, ResourceVerdict, RunVerdict } from '../model.ts'

/** Which limits a resource runs into: a worker is a thread, a child one at least; a socket is a descriptor. */
const limitedBy: Record<string, readonly Limit['resource'][]> = {
  threads: ['threads'],
  workers: ['threads'],
  children: ['threads'],
  fds: ['fds'],
  sockets: ['fds'],
  heap: ['heap'],
  external: ['memory'],
  rss: ['memory'],
  pss: ['memory'],
}

const left = ({ limit, now }: Limit) => Math.max(0, limit - now)

/** The nearest of a resource's limits, whether it grows or not. */
export function headroomOf(name: string, limits: readonly Limit[]): Headroom | null {
  const [nearest] = limits
    .filter(({ resource }) => limitedBy[name]?.includes(resource))
    .sort((a, b) => left(a) - left(b))
  return nearest ? { limit: nearest.limit, source: nearest.source, now: nearest.now, left: left(nearest) } : null
}

/**
 * Cycles and seconds until a resource that surely grows meets its nearest limit; null where it does not, or has none.
 * @param secondsPerCycle the scenario's cadence, or the pace that was seen; null where neither is known
 */
export function forecastOf(
  { name, growthPerCycle, low, high }: Pick<ResourceVerdict, 'name' | 'growthPerCycle' | 'low' | 'high'>,
  limits: readonly Limit[],
  secondsPerCycle: number | null,
): Forecast | null {
  const headroom = headroomOf(name, limits)
  if (!headroom || growthPerCycle === null || low === null || high === null || low <= 0) return null
  const cyclesLeft = Math.floor(headroom.left / growthPerCycle)
  return {
    limit: headroom.limit,
    source: headroom.source,
    cyclesLeft,
    low: Math.floor(headroom.left / high),
    high: Math.ceil(headroom.left / low),
    secondsLeft: secondsPerCycle === null ? null : cyclesLeft * secondsPerCycle,
  }
}

/** What nobody judged speaks only where its growth is as good as certain: resident memory also grows while it warms up. */
const isTelling = ({ level, growthPerCycle, low, high }: ResourceVerdict): boolean =>
  level !== 'off' || (growthPerCycle !== null && low !== null && high !== null && high - low <= growthPerCycle)

/** The forecast that comes first, over all resources: what the process dies of. */
export function earliest(resources: readonly ResourceVerdict[]): RunVerdict['dies'] {
  const [first] = resources
    .filter(isTelling)
    .flatMap(({ forecast, unit, name }) => (forecast ? [{ ...forecast, unit, name }] : []))
    .sort((a, b) => a.cyclesLeft - b.cyclesLeft)
  return first ?? null
}
