/** Tables that tools print for people: columns of equal width under a header. */
import type { Cells } from './cells.ts'

type Tool = {
  /** Its header. */
  header: RegExp
  /** What its columns are called here: by their units. */
  columns: (header: string) => string[]
}

const tools: readonly Tool[] = [
  {
    // psrecord --log
    header: /^# Elapsed time +CPU \(%\) +Real \(MB\) +Virtual \(MB\)/m,
    columns: (header) => [
      'time',
      'cpu',
      'rss_mb',
      'virtual_mb',
      ...(/IO|Read/.test(header) ? ['read', 'written'] : []),
    ],
  },
  {
    // pidstat -r, with -h, -H or without
    header: /^(?:# ?Time|\d\d:\d\d:\d\d(?: [AP]M)?)\s+UID\s+PID\s.*\bRSS\b/m,
    columns: (header) => [
      'time',
      ...header
        .replace(/^(?:# ?Time|\d\d:\d\d:\d\d(?: [AP]M)?)\s+/, '')
        .trim()
        .split(/\s+/)
        // kB, as it says in its manual.
        .map((name) => (/^(VSZ|RSS|StkSize|StkRef)$/.test(name) ? `${name.toLowerCase()}_kb` : name)),
    ],
  },
]

const clock = /^(\d\d):(\d\d):(\d\d)(?: ([AP]M))?$/
const DAY = 86_400

/** Seconds of the day; of what is no time of a day, the text itself. */
function secondsOf(text: string): number | string {
  const [, hours, minutes, seconds, half] = clock.exec(text) ?? []
  if (hours === undefined) return text
  const hour = half ? (Number(hours) % 12) + (half === 'PM' ? 12 : 0) : Number(hours)
  return hour * 3600 + Number(minutes) * 60 + Number(seconds)
}

/** Times of a day go on after midnight. */
function overMidnight(): (time: number | string) => number | string {
  let [days, last] = [0, -Infinity]
  return (time) => {
    if (typeof time !== 'number') return time
    // A clock that is set back a little is none: rows have to ascend, and it is said that they do not.
    if (time < last - DAY / 2) days++
    last = time
    return days * DAY + time
  }
}

/** Null where it is none of the tools that are known. */
export function readColumns(text: string): Cells | null {
  const tool = tools.find(({ header }) => header.test(text))
  if (!tool) return null
  const lines = text.split('\n')
  const header = tool.columns(lines.find((line) => tool.header.test(line)) ?? '')
  const goOn = overMidnight()
  const rows = lines.flatMap((line, i) => {
    // Its header is repeated now and then, its averages come last, and what is a name may have spaces in it.
    if (tool.header.test(line) || !/^\s*\d/.test(line)) return []
    const [time = '', ...cells] = line
      .trim()
      .replace(/^(\S+) ([AP]M)\b/, '$1\u00a0$2')
      .split(/[ \t]+/)
    const named = [...cells.slice(0, header.length - 2), cells.slice(header.length - 2).join(' ')]
    return [{ line: i + 1, cells: [goOn(secondsOf(time.replace('\u00a0', ' '))), ...named] }]
  })
  return { header, rows }
}
