/** What Prometheus answers to a range query (`/api/v1/query_range`): a matrix of series. */
import { z } from 'zod'
import type { Cells, Row } from './cells.ts'

const answer = z.object({
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})

/** `process_resident_memory_bytes{pod="a"}`, as Prometheus itself writes it. */
function nameOf({ __name__: name = '', ...labels }: Record<string, string>): string {
  const told = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return `${name}${told.length > 0 ? `{${told.join(',')}}` : ''}` || 'value'
}

/** Null where it is no such answer. */
export function readPrometheus(text: string): Cells | null {
  if (!/"resultType"\s*:\s*"matrix"/.test(text)) return null
  const parsed = answer.safeParse(jsonOf(text))
  if (!parsed.success) return null
  const { result } = parsed.data.data
  const at = new Map<number, (string | null)[]>()
  for (const [i, { values }] of result.entries())
    for (const [seconds, value] of values) {
      const row = at.get(seconds) ?? result.map(() => null)
      // A target that was away is no number.
      row[i] = value === 'NaN' ? null : value
      at.set(seconds, row)
    }
  const times = [...at.keys()].sort((a, b) => a - b)
  const rows = times.map((time, i): Row => ({ line: i + 1, cells: [time, ...(at.get(time) ?? [])] }))
  return { header: ['time', ...result.map(({ metric }) => nameOf(metric))], rows }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
