/** A crash, and the limits it met, in words: the same in every report. */
import type { Crash, HeaderLine, Run, SetLimit } from '../harness/model.ts'
import { amount, count, duration, plural } from './format.ts'

/** `64 threads`, `512 MB of memory` */
const limitText = ({ resource, value }: Pick<SetLimit, 'resource' | 'value'>): string =>
  resource === 'memory' ? `${amount(value, 'bytes')} of memory` : plural(value, resource.slice(0, -1))

/** `Under a limit of 64 threads (pids cgroup v1).` */
export const limitsText = (limits: readonly SetLimit[]): string =>
  limits.map((limit) => `${limitText(limit)} (${limit.mechanism})`).join(' and ')

const exitText = (exit: Pick<NonNullable<Run['exit']>, 'code' | 'signal'> | null): string => {
  if (!exit) return 'the target lives on'
  return exit.signal ? `ended by ${exit.signal}` : `exit code ${exit.code}`
}

/** When, of what, at which limit, and how it left. */
export function crashSentence(
  { cycles, ms, resource, error, refusals }: Omit<Crash, 'forecast'>,
  { limits, plan }: Pick<HeaderLine, 'limits' | 'plan'>,
  exit: Pick<NonNullable<Run['exit']>, 'code' | 'signal'> | null,
): string {
  const limit = limits.find((one) => one.resource === resource)
  const unsaid = refusals
    ? `the kernel refused ${resource}`
    : `it stays at its limit of ${resource}, and tells of no refusal`
  const what = error ?? (resource === null ? 'it left by itself' : unsaid)
  const at = limit ? `, at the limit of ${limitText(limit)} (${limit.mechanism})` : ''
  const counted = refusals ? `, ${plural(refusals, 'refusal')} by the kernel’s count` : ''
  return `Crashed after ${plural(cycles, plan.cycleUnit)}, ${duration(ms)}: ${what}${at}${counted}, ${exitText(exit)}.`
}

/** What was forecast half way, beside what came. */
export function forecastBefore(
  { cycles, forecast, resource: refused }: Crash,
  { plan }: Pick<HeaderLine, 'plan'>,
): string {
  const unit = plan.cycleUnit
  if (!forecast) return `Half way nothing was certain enough to be forecast.`
  const { at, resource, source, low, high } = forecast
  const came = refused === null ? `it died of something else, after ${count(cycles)}` : `it came after ${count(cycles)}`
  return `Half way, at ${unit} ${count(at)}, the forecast was: ${resource} meets ${source} after ${plural(forecast.cycles, unit)} (${count(low)} to ${count(high)}); ${came}.`
}
