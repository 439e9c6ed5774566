/** What a run that explains is asked for, from the one that measured. Pure. */
import type { Recording, RunVerdict } from '../model.ts'

export type Wanted = {
  /** Cycles and milliseconds of the measured run: the other is no longer. */
  cycles: number
  ms: number
  /** The least growth per cycle of a count that leaks; null where none does. */
  growth: number | null
  /** Look at where memory is allocated, too. */
  memory: boolean
  /** Count objects by their constructor. */
  objects: boolean
  /** See single objects. */
  finely: boolean
  /** Count the calls that are made: of what a server keeps nothing else is seen. */
  calls: boolean
  /** List what holds the process. */
  holding: boolean
}

/** In a shorter run there is no time to look at every object. */
const OBJECTS_FROM_MS = 2000

export function wantedOf({ resources }: RunVerdict, { end, exit }: Recording): Wanted {
  const leaks = resources.filter(({ verdict }) => verdict === 'leaking')
  const counts = leaks.flatMap(({ unit, level, growthPerCycle }) =>
    unit === 'count' && level === 'error' ? (growthPerCycle ?? []) : [],
  )
  const ms = end?.ms ?? 0
  const memory = leaks.some(({ name, unit }) => unit === 'bytes' || name.startsWith('instances:'))
  return {
    cycles: end?.cycles ?? 0,
    ms,
    growth: counts.length > 0 ? Math.min(...counts) : null,
    memory,
    objects: memory && ms >= OBJECTS_FROM_MS,
    finely: leaks.some(({ name }) => name.startsWith('instances:')),
    calls: leaks.some(({ name }) => name.startsWith('server.')),
    holding: exit?.left === false,
  }
}
