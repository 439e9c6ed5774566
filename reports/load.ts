/** Load on a server, in words: its requests, how long answers took, and what failed. */
import type { LoadLine, Recording, Run, RunVerdict } from '../harness/model.ts'
import { count, plural } from './format.ts'

/** Milliseconds to three digits: a millisecond more or less is much here. */
const latency = (ms: number): string =>
  ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`

const perSecondText = (n: number): string => `${count(n < 10 ? Number(n.toPrecision(2)) : Math.round(n))} per second`

/** What came of the load, from the last line that tells the total. */
export function loadOf({ header, loads, checkpoints }: Recording, verdict: RunVerdict): Run['load'] {
  const { url, plan } = header
  const [last] = loads.slice(-1)
  if (!url || !plan.load || !last) return null
  const from = checkpoints.find(({ phase }) => phase === 'run')?.cycles ?? Infinity
  const run = loads.filter(({ cycles }) => cycles > from)
  const sum = (of: (line: LoadLine) => number) => run.reduce((all, line) => all + of(line), 0)
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
  return `Warning: throughput decays, from ${count(Math.round(first))} to ${count(Math.round(last))} requests per second (-${Math.round((1 - last / first) * 100)} %).`
}

/** `HTTP 503 12 times, ECONNRESET once` */
const failuresText = ({ failures }: Load): string =>
  Object.entries(failures)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, n]) => `${kind} ${n === 1 ? 'once' : `${count(n)} times`}`)
    .join(', ')

/** Name and value of each thing there is to say. */
export function loadRows(load: Load): [string, string][] {
  const { requests, failed, hungUp, connections, rate, perSecond, throughput, hangUpAfterMs } = load
  const times = load.latency
  return [
    [
      'requests',
      `${count(requests)}, over ${plural(connections, 'connection')}${rate === null ? '' : `, at most ${perSecondText(rate)}`}`,
    ],
    ['failed', failed === 0 ? 'none' : `${count(failed)}: ${failuresText(load)}`],
    ...(hangUpAfterMs === null
      ? []
      : [['hung up', `${count(hungUp)}, after ${latency(hangUpAfterMs)}`] as [string, string]]),
    ...(times
      ? ([
          ['latency, half below', latency(times.p50)],
          ['90 % below', latency(times.p90)],
          ['99 % below', latency(times.p99)],
          ['longest', latency(times.max)],
        ] as [string, string][])
      : []),
    ...(perSecond === null ? [] : [['throughput', perSecondText(perSecond)] as [string, string]]),
    ...(throughput
      ? [
          ['from first to last third', `${perSecondText(throughput.first)} to ${perSecondText(throughput.last)}`] as [
            string,
            string,
          ],
        ]
      : []),
  ]
}

/** `3,200 requests per second; latency 2.1 ms (half), 9.8 ms (99 %), 31 ms (longest); 12 failed` */
export function loadLine(load: Load): string {
  const { failed, hungUp, perSecond } = load
  const times = load.latency
  return [
    perSecond === null ? '' : `${perSecondText(perSecond).replace(' per', ' requests per')}`,
    times ? `latency ${latency(times.p50)} (half), ${latency(times.p99)} (99 %), ${latency(times.max)} (longest)` : '',
    hungUp > 0 ? `${count(hungUp)} hung up` : '',
    failed > 0 ? `${count(failed)} failed (${failuresText(load)})` : '',
  ]
    .filter(Boolean)
    .join('; ')
}
