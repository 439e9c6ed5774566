/** Load on a server, in words: its requests, how long answers took, and what failed. */
import {
  type LoadLine,
  measuredLoads,
  type Recording,
  type Run,
  type RunVerdict,
  type Throughput,
  undisturbedLoads,
} from '../harness/model.ts'
import { count, plural } from './format.ts'

/** Milliseconds to three digits: a millisecond more or less is much here. */
const msText = (ms: number): string =>
  ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`

const perSecondText = (n: number): string => (n < 10 ? String(Number(n.toPrecision(2))) : count(n))

/** What came of the load, from the last line that tells the total. */
export function loadOf(recording: Recording, verdict: RunVerdict): Run['load'] {
  const { url, plan } = recording.header
  const last = recording.loads.at(-1)
  if (!url || !plan.load || !last) return null
  const undisturbed = undisturbedLoads(recording)
  // Where memory is measured from the first, there are no others.
  const batches = undisturbed.length > 0 ? undisturbed : measuredLoads(recording).filter(({ faulted }) => !faulted)
  const sum = (of: (line: LoadLine) => number) => batches.reduce((all, line) => all + of(line), 0)
  const [requests, tookMs] = [sum((line) => line.requests), sum((line) => line.tookMs)]
  const { rate, hangUpAfterMs } = plan.load
  return {
    ...last.total,
    url,
    connections: plan.concurrency,
    rate,
    hangUpAfterMs,
    perSecond: tookMs > 0 ? (requests / tookMs) * 1000 : null,
    throughput: verdict.throughput,
  }
}

type Load = NonNullable<Run['load']>

/** ` Warning: throughput decays, from 4,100 to 1,900 requests per second (-54 %).` */
export function decayText({ throughput }: Pick<RunVerdict, 'throughput'>): string {
  if (!throughput?.decays) return ''
  const { first, last } = throughput
  return `Warning: throughput decays, from ${count(first)} to ${count(last)} requests per second (-${Math.round((1 - last / first) * 100)} %).`
}

/** `HTTP 503 12 times, ECONNRESET once` */
const failuresText = ({ failures }: Load): string =>
  Object.entries(failures)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${kind} ${n === 1 ? 'once' : `${count(n)} times`}`)
    .join(', ')

/** Name and value of each number there is. */
export function loadCells({ requests, failed, hungUp, hangUpAfterMs, latency, perSecond, throughput }: Load): Cell[] {
  return [
    ['requests', count(requests)],
    ['failed', count(failed)],
    ...(hangUpAfterMs === null ? [] : [['hung up', count(hungUp)] as Cell]),
    ...(latency
      ? ([
          ['latency, half below', msText(latency.p50)],
          ['90 % below', msText(latency.p90)],
          ['99 % below', msText(latency.p99)],
          ['longest', msText(latency.max)],
        ] satisfies Cell[])
      : []),
    ...(perSecond === null ? [] : [['requests per second', perSecondText(perSecond)] as Cell]),
    ...(throughput ? [['…in its first and last third', thirdsText(throughput)] as Cell] : []),
  ]
}
type Cell = [name: string, value: string]
const thirdsText = ({ first, last }: Throughput): string => `${perSecondText(first)} → ${perSecondText(last)}`

/** `Requests to http://127.0.0.1:80/ over 10 connections, since the warm-up. Failed: HTTP 503 12 times.` */
export function loadText(load: Load): string {
  const { url, connections, rate, hangUpAfterMs, failed } = load
  const paced = rate === null ? '' : `, at most ${perSecondText(rate)} per second`
  const hang = hangUpAfterMs === null ? '' : `, hanging up after ${msText(hangUpAfterMs)}`
  const failures = failed > 0 ? ` Failed: ${failuresText(load)}.` : ''
  return `Requests to ${url} over ${plural(connections, 'connection')}${paced}${hang}, since the warm-up.${failures}`
}

/** `3,200 requests per second; latency 2.1 ms (half), 9.8 ms (99 %), 31 ms (longest); 12 failed` */
export function loadLine(load: Load): string {
  const { failed, hungUp, perSecond } = load
  const times = load.latency
  return [
    perSecond === null ? '' : `${perSecondText(perSecond)} requests per second`,
    times ? `latency ${msText(times.p50)} (half), ${msText(times.p99)} (99 %), ${msText(times.max)} (longest)` : '',
    hungUp > 0 ? `${count(hungUp)} hung up` : '',
    failed > 0 ? `${count(failed)} failed after the warm-up (${failuresText(load)})` : '',
  ]
    .filter(Boolean)
    .join('; ')
}
