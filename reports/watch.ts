/** What a person sees of a watch while it goes on: text only; colours and screen control are the caller's. */
import stringWidth from 'string-width'
import type { HeaderLine, Recording, ResourceVerdict, RunVerdict } from '../harness/model.ts'
import { amount, count, duration, list, rate, signed, sparkline } from './format.ts'
import { nearLimitsText } from './headroom.ts'
import { type Paint, wrap } from './terminal.ts'
import { forecastSentence } from './words.ts'

const NAME_WIDTH = 9
const WARM_UP = 0.1
/** What fills up looks the same: it has to be certain for as long again. */
const SO_FAR = 'leaking so far'
const MINUTE_MS = 60_000
const marks = { clean: '✔', leaking: '✖', inconclusive: ' ' } as const

/** The lines before a watch: what is watched, until when, and how often. */
export function watchStartText({ plan }: HeaderLine, everyMs: number, width: number, paint: Paint): string {
  const { forMs } = plan.length
  const until = [
    forMs === null ? '' : `for ${duration(forMs)}`,
    `until ${plan.until === 'verdict' ? 'the verdict is certain, ' : ''}it ends, or Ctrl-C`,
  ]
  return [
    wrap(`${paint('bold', plan.scenario.name)}  ${plan.scenario.title}`, width, '  '),
    `  ${wrap(`every ${duration(everyMs)}, ${until.filter(Boolean).join(', ')}`, width - 2, '  ')}`,
  ].join('\n')
}

export type WatchStanding = { ms: number; cycles: number | null; verdict: RunVerdict | null }

type Grown = {
  name: string
  unit: ResourceVerdict['unit']
  level: ResourceVerdict['level']
  values: number[]
  perMinute: number
}

/** What was read so far, and its growth per minute since the first reading. */
function grown({ header, checkpoints }: Recording): Grown[] {
  // As the judge leaves out: what starts is not yet itself.
  const from = Math.ceil(WARM_UP * checkpoints.length) % Math.max(1, checkpoints.length)
  const [first, last] = [checkpoints[from], checkpoints.at(-1)]
  const minutes = first && last ? (last.ms - first.ms) / MINUTE_MS : 0
  return header.plan.resources.flatMap(({ name, unit, level }) => {
    const values = checkpoints.flatMap(({ readings }) => readings[name] ?? [])
    const [start, now] = [first?.readings[name], last?.readings[name]]
    if (start == null || now == null) return []
    return [{ name, unit, level, values, perMinute: minutes > 0 ? (now - start) / minutes : 0 }]
  })
}

const perMinuteText = ({ perMinute, unit }: Grown): string =>
  perMinute === 0
    ? ''
    : `${unit === 'bytes' ? signed(Math.round(perMinute), unit) : `${perMinute > 0 ? '+' : ''}${rate(perMinute, unit)}`}/min`

const standingText = ({ ms, cycles }: WatchStanding): string =>
  `  ${duration(Math.floor(ms / 1000) * 1000)}${cycles === null ? '' : ` · ${count(cycles)} cycles`}`

/** The live block: a line a resource, with its growth per minute, its curve and its verdict; then the forecast. */
export function watchBlock(standing: WatchStanding, recording: Recording, width: number, paint: Paint): string {
  const { verdict } = standing
  const verdicts = new Map(verdict?.resources.map((resource) => [resource.name, resource]))
  const lines = grown(recording).map((resource) => {
    const { name, unit, level, values } = resource
    const judged = level === 'error' ? verdicts.get(name)?.verdict : null
    const text = `${judged ? marks[judged] : ' '} ${name.padEnd(NAME_WIDTH)}${amount(values.at(-1) ?? 0, unit).padStart(9)} ${perMinuteText(resource).padStart(13)}  `
    const curve = sparkline(values, Math.max(10, Math.min(40, width - stringWidth(text) - SO_FAR.length - 1)))
    const line = `${text}${curve} ${judged === 'leaking' ? SO_FAR : judged === 'clean' ? judged : ''}`.trimEnd()
    if (judged === 'leaking') return paint('red', line)
    return level === 'error' ? line : paint('dim', line)
  })
  const told = [nearSoFar(standing), forecastSoFar(standing, recording)].filter((text) => text !== null)
  const texts = told.map((text) => paint('red', `  ${wrap(text, width - 2, '  ')}`))
  return [standingText(standing), ...lines, ...texts].join('\n')
}

const leaksOf = ({ verdict }: WatchStanding) =>
  verdict?.resources.filter((one) => one.verdict === 'leaking' && one.level === 'error') ?? []

/** What stands at a limit, or near one, at once. */
export const nearSoFar = ({ verdict }: Pick<WatchStanding, 'verdict'>): string | null =>
  nearLimitsText(verdict?.resources ?? []) || null

function forecastSoFar(standing: WatchStanding, { header }: Recording): string | null {
  const { verdict } = standing
  return verdict && leaksOf(standing).length > 0
    ? forecastSentence({ ...verdict, verdict: 'leaking' }, header.plan)
    : null
}

/** The same as one line, for a pipe. */
export function watchLine(standing: WatchStanding, recording: Recording): string {
  const parts = grown(recording).map((resource) => {
    const growth = perMinuteText(resource)
    return `${resource.name} ${amount(resource.values.at(-1) ?? 0, resource.unit)}${growth ? ` (${growth})` : ''}`
  })
  const leaks = leaksOf(standing).map(({ name }) => name)
  const told = leaks.length > 0 ? [`${list(leaks)} ${SO_FAR}`] : []
  const ends = [nearSoFar(standing), forecastSoFar(standing, recording)]
  return [[standingText(standing), ...parts, ...told].join(' · '), ...ends].filter(Boolean).join('. ')
}
