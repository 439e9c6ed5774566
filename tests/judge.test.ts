/** `holdwater judge`: any numbers, from anywhere, and what is wrong with them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seeded } from '../bench/verdicts/random.ts'
import { cleanCounts, leakingCounts, leakingMemory, type Shape } from '../bench/verdicts/shapes.ts'
import { holdwater, scratch } from './holdwater.ts'

const { tmp } = scratch()
let files = 0
function file(text: string, ending = 'csv'): string {
  const path = join(tmp, `${++files}.${ending}`)
  writeFileSync(path, text)
  return path
}
const judged = async (...args: string[]) => {
  const { code, stdout, stderr } = await holdwater(['judge', ...args])
  return { code, stderr, stdout, json: stdout.startsWith('{') ? JSON.parse(stdout) : null }
}
const series = (shape: Shape, n = 101) => shape(seeded(1), n)
const csv = (columns: Record<string, readonly number[]>, along = 'cycle') => {
  const names = Object.keys(columns)
  const n = columns[names[0] as string]?.length ?? 0
  const rows = Array.from({ length: n }, (_, i) => [i * 100, ...names.map((name) => columns[name]?.[i])].join(','))
  return `${[along, ...names].join(',')}\n${rows.join('\n')}\n`
}
const flat = series(cleanCounts.flat as Shape)
const threads = series(leakingCounts['1 per cycle'] as Shape)
const heap = series(leakingMemory['5 kB per cycle'] as Shape)

describe('holdwater judge', () => {
  it('judges every column by itself, by what it is, and says so in one line each', async () => {
    const { code, stdout } = await judged(file(csv({ fds: flat, threads, heap })))
    expect(code).toBe(3)
    expect(stdout).toMatch(/✔ clean {2}fds does not grow; would have seen one leak in [\d,]+ cycles/)
    expect(stdout).toMatch(/✖ leaking {2}threads grows by 1\.0\d per cycle/)
    expect(stdout).toMatch(/✖ leaking {2}heap grows by 4\.\d kB per cycle .*budget 200 B/s)
  })

  it('of memory that never moved says that any growth would have been seen', async () => {
    const { stdout } = await judged(file(csv({ heap_mb: flat.map(() => 12.5) })))
    expect(stdout).toBe('✔ clean  heap_mb does not grow; would have seen any growth\n')
  })

  it('prints the same as JSON', async () => {
    const { json } = await judged(file(csv({ fds: flat, threads, heap })), '--json')
    expect(json.series).toMatchObject([
      { name: 'fds', kind: 'count', verdict: 'clean', growthPerCycle: 0, low: 0, confirmed: null, points: 101 },
      { name: 'threads', kind: 'count', verdict: 'leaking', confirmed: true, reason: expect.stringMatching(/^grows/) },
      { name: 'heap', kind: 'memory', verdict: 'leaking', budget: 200, detectable: expect.any(Number) },
    ])
  })

  it('reads NDJSON, and judges along time in seconds', async () => {
    const rows = threads.map((value, i) =>
      JSON.stringify({ time: new Date(1.7e12 + i * 15_000).toISOString(), threads: value }),
    )
    const { json, code } = await judged(file(rows.join('\n'), 'ndjson'), '--json')
    expect(code).toBe(3)
    expect(json.along).toBe('time')
    expect(json.series[0].growthPerCycle).toBeCloseTo(100 / 15, 0)
    expect(json.series[0].reason).toMatch(/per second/)
    const inMs = threads.map((value, i) => `${1.7e12 + i * 15_000},${value}`)
    const again = await judged(file(`time,threads\n${inMs.join('\n')}`), '--json')
    expect(again.json.series[0].growthPerCycle).toBeCloseTo(json.series[0].growthPerCycle, 6)
  })

  describe('a series of hours', () => {
    const HOUR = 3600
    /** Memory read every minute of a day: 200 MB, noise, and what `value` adds at an hour. */
    const day = (value: (hour: number) => number, beside: Record<string, (hour: number) => number> = {}) => {
      const random = seeded(3)
      const rows = Array.from({ length: 1440 }, (_, i) => {
        const hour = i / 60
        const rss = Math.round(2e8 + 1e6 * random.normal() + value(hour))
        return [i * 60, rss, ...Object.values(beside).map((of) => of(hour))].join(',')
      })
      return file([['time', 'rss', ...Object.keys(beside)].join(','), ...rows].join('\n'))
    }
    const since = (hour: number) => hour - [8, 17].reduce((last, at) => (hour >= at ? at : last), 0)

    it('is held to a budget in an hour, and says what it would have seen in one', async () => {
      const leak = day((hour) => 482_000 * hour)
      const { code, stdout } = await judged(leak, '--budget', 'rss=100kB/h')
      expect(code).toBe(3)
      expect(stdout.replace(/\n +/g, ' ')).toMatch(
        /^✖ leaking {2}rss grows by 1[23]\d B per second \(95 %: 1\d\d B to 1\d\d B\), 4\d\d kB an hour, budget 100 kB an hour\n$/,
      )
      const clean = await judged(
        day(() => 0),
        '--budget',
        'rss=2400kB/day',
      )
      expect(clean.stdout).toMatch(/^✔ clean {2}rss does not grow; would have seen [\d.]+ kB an hour\n$/)
      expect(clean.code).toBe(0)
      const fine = await judged(
        day(() => 0),
        '--budget',
        'rss=1kB/h',
      )
      expect(fine.stdout).toMatch(/^\? inconclusive {2}rss .*; watch it for about \d+ (h|d)/s)
    })

    it('has readings missing, and is judged all the same', async () => {
      const rows = Array.from({ length: 600 }, (_, i) => `${i * 60},${i % 4 === 0 ? '' : 5e7 + 3000 * i}`)
      const { json } = await judged(file(`time,heap\n${rows.join('\n')}`), '--json')
      expect(json.series[0]).toMatchObject({ verdict: 'clean', reason: expect.stringMatching(/^grows by 50 B/) })
      const ends = rows.map((row, i) => (i > 560 ? `${row.split(',')[0]},` : row))
      const { json: cut } = await judged(file(`time,heap\n${ends.join('\n')}`), '--json')
      expect(cut.series[0]).toMatchObject({ verdict: 'inconclusive', reasonCode: 'stopped-being-read' })
    })

    it('is asked about restarts, and told by moments or by a column', async () => {
      const restarted = day((hour) => 3e6 * since(hour), { up: (hour) => since(hour) * HOUR })
      const untold = await judged(restarted, '--budget', '1kB/h', '--uptime', 'up')
      expect(untold.stdout).toMatch(/^✖ leaking {2}rss grows by/)
      const asked = await judged(day((hour) => 3e6 * since(hour)))
      expect(asked.code).toBe(4)
      expect(asked.stdout.replace(/\n +/g, ' ')).toMatch(
        /say when it was started again, with --restarts or --uptime\n$/,
      )
      const told = await judged(
        day((hour) => 3e6 * since(hour)),
        '--restarts',
        `${8 * HOUR},${17 * HOUR}`,
      )
      expect(told.stdout).toMatch(/^✖ leaking {2}rss grows by 8\d\d B per second/)
    })

    it('may follow a load that is told', async () => {
      const load = (hour: number) => 500 - 500 * Math.cos((Math.PI * hour) / 24) + (hour % 5 < 1 ? 400 : 0)
      const path = day((hour) => 4e4 * load(hour), { load })
      expect((await judged(path, '--budget', 'rss=300kB/h')).code).not.toBe(0)
      const told = await judged(path, '--budget', 'rss=300kB/h', '--load', 'load')
      expect(told.stdout).toMatch(/^✔ clean {2}rss/)
    })

    it('refuses a load that only counts up, which would explain any leak by the request', async () => {
      const path = day((hour) => 4e6 * hour, { requests: (hour) => 1000 * hour })
      const { code, stderr } = await judged(path, '--load', 'requests')
      expect([code, stderr]).toEqual([2, expect.stringMatching(/which\s+never\s+falls:\s+a\s+counter/)])
    })

    it('is open where its load is not known to the end', async () => {
      const path = day((hour) => 1e6 * hour, { load: (hour) => (hour < 14 ? Math.sin(hour) : ('' as never)) })
      const { json } = await judged(path, '--load', 'load', '--json')
      expect(json.series[0]).toMatchObject({ verdict: 'inconclusive', reasonCode: 'stopped-being-read' })
    })

    it.each([
      [['--load', 'lode'], '--load: expected a column of'],
      [['--uptime', 'up'], '--uptime: expected a column of'],
      [['--restarts', '1e9'], '--restarts: expected moments from 0 to 86340, got 1000000000'],
      [['--restarts', 'noon'], 'Expected numbers, such as 3600,7200, got "noon"'],
      [
        ['--budget', 'rss=5kB/week'],
        'Expected a growth such as 0.01, 200B or 500kB/h, or NAME=GROWTH, got "rss=5kB/week"',
      ],
    ])('refuses %j', async (args, says) => {
      const { code, stderr } = await judged(
        day(() => 0),
        ...args,
      )
      expect(code).toBe(2)
      expect(stderr.replace(/\s+/g, ' ')).toContain(says)
    })
  })

  describe('what tools write', () => {
    const rows = Array.from({ length: 300 }, (_, i) => i)
    const seriesOf = (json: { series: { name: string; verdict: string; growthPerCycle: number }[] }) =>
      Object.fromEntries(json.series.map(({ name, verdict, growthPerCycle }) => [name, [verdict, growthPerCycle]]))

    it('psrecord', async () => {
      const log = rows.map((i) => `  ${i}.003  1.000  ${(50 + i * 0.1).toFixed(3)}  900.000`)
      const path = file(['# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)', ...log].join('\n'), 'log')
      const { json } = await judged(path, '--columns', 'rss_mb', '--json')
      expect(seriesOf(json)).toEqual({ rss_mb: ['leaking', expect.closeTo(0.1, 3)] })
    })

    it('pidstat -r, of several processes, over midnight', async () => {
      const at = (i: number) => new Date(1.7e12 + (i - 150) * 1000 + 86_400_000 - (1.7e12 % 86_400_000)).toISOString()
      const lines = rows.flatMap((i) => [
        `${at(i).slice(11, 19)}      0      1234      0.00      0.00   34740    ${7000 + 20 * i}   0.03  my server`,
        `${at(i).slice(11, 19)}      0      1235      0.00      0.00   34740    7900   0.03  node`,
      ])
      const header = `${at(0).slice(11, 19)}      UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command`
      const path = file(['Linux 6.1.0 (host) 	11/26/26 	_x86_64_	(2 CPU)', '', header, ...lines].join('\n'), 'txt')
      const { json } = await judged(path, '--by', 'PID', '--columns', 'rss_kb', '--budget', '1kB', '--json')
      expect(seriesOf(json)).toEqual({
        'rss_kb of 1234': ['leaking', expect.closeTo(20, 1)],
        'rss_kb of 1235': ['clean', 0],
      })
      const apart = await judged(path)
      expect([apart.code, apart.stderr.replace(/\s+/g, ' ')]).toEqual([
        2,
        expect.stringContaining('--by PID tells processes apart'),
      ])
    })

    it('docker stats, with a time', async () => {
      const lines = rows.map((i) =>
        JSON.stringify({
          time: i,
          Name: 'web',
          MemUsage: `${(12 + i * 0.01).toFixed(2)}MiB / 1.94GiB`,
          PIDs: '5',
          CPUPerc: '0.5%',
        }),
      )
      const { json } = await judged(file(lines.join('\n'), 'ndjson'), '--json')
      expect(seriesOf(json)).toMatchObject({
        MemUsage: ['leaking', expect.closeTo(10_486, -1)],
        PIDs: [expect.any(String), 0],
        CPUPerc: [expect.any(String), 0],
      })
    })

    it('Prometheus, each series by its labels', async () => {
      const metric = (pod: string) => ({ __name__: 'process_resident_memory_bytes', pod })
      const values = (grows: number) => rows.map((i) => [1.7e9 + 15 * i, String(5e7 + ((i * 7919) % 4096) + grows * i)])
      const result = [
        { metric: metric('a'), values: values(15_000) },
        { metric: metric('b'), values: values(0).filter((_, i) => i % 7 > 0) },
      ]
      const answer = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
      const { json } = await judged(file(answer, 'json'), '--budget', '500kB/h', '--json')
      expect(seriesOf(json)).toMatchObject({
        'process_resident_memory_bytes{pod="a"}': ['leaking', expect.closeTo(1000, 0)],
        'process_resident_memory_bytes{pod="b"}': ['clean', expect.any(Number)],
      })
    })

    it('labels and names of processes say nothing of a unit', async () => {
      const lines = rows.flatMap((i) => [`${i},memcached,${5 + i},512M`, `${i},web-gb,5,1.2G`])
      const path = file(['time,Name,PIDs,Mem', ...lines].join('\n'))
      const { json } = await judged(path, '--by', 'Name', '--json')
      expect(json.series.map(({ name, kind, verdict }: Record<string, string>) => [name, kind, verdict])).toEqual([
        ['PIDs of memcached', 'count', 'leaking'],
        ['Mem of memcached', 'memory', 'clean'],
        ['PIDs of web-gb', 'count', expect.any(String)],
        ['Mem of web-gb', 'memory', 'clean'],
      ])
    })

    it('names the columns that there are where another is asked for', async () => {
      const path = file('time,rss,name\n1,2,a\n2,2,a\n')
      const { code, stderr } = await judged(path, '--columns', 'heap')
      expect([code, stderr]).toEqual([2, expect.stringMatching(/expected columns of .* \(rss\), got heap/s)])
      expect((await judged(path, '--by', 'pid')).stderr).toMatch(/--by: expected a column of .*, got "pid"/s)
    })
  })

  it('goes by --kind, --budget and --resolution', async () => {
    const path = file(csv({ threads, fds: flat }))
    expect((await judged(path, '--budget', '2', '--json')).json.series[0]).toMatchObject({
      verdict: 'clean',
      budget: 2,
    })
    const named = (await judged(path, '--budget', 'threads=2', '--json')).json.series
    expect(named).toMatchObject([{ verdict: 'clean' }, { budget: 0 }])
    expect((await judged(path, '--kind', 'memory', '--json')).json.series[0].kind).toBe('memory')
    const finer = (await judged(path, '--resolution', '1/100000', '--json')).json.series[1]
    expect(finer).toMatchObject({ verdict: 'inconclusive', moreCycles: expect.any(Number) })
  })

  it('takes what a spreadsheet writes', async () => {
    const text = `\uFEFF${csv({ threads })}`.replaceAll('\n', '\r\n').replace('threads', '"threads"')
    expect((await judged(file(text), '--json')).json.series[0]).toMatchObject({ name: 'threads', verdict: 'leaking' })
  })

  it('refuses a budget for a column that is not there', async () => {
    const { code, stderr } = await judged(file(csv({ threads })), '--budget', 'thraeds=1')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/expected a column of .*got "thraeds"/)])
  })

  it('takes a column in MB for what it is, and allows nothing of numbers that nobody told', async () => {
    const grows = Array.from({ length: 101 }, (_, i) => 100 + i / 2)
    const noisy = grows.map((value, i) => value + ((i * 7919) % 13) / 100)
    const { json } = await judged(file(csv({ mem_mb: noisy, load: noisy, heapUsedKB: noisy })), '--json')
    expect(json.series).toMatchObject(
      [
        { name: 'mem_mb', kind: 'memory', verdict: 'leaking', budget: 200 / 1024 ** 2, reason: /^grows by 0\.0050/ },
        { name: 'load', verdict: 'leaking', budget: 0 },
        { name: 'heapUsedKB', budget: 200 / 1024 },
      ].map((series) =>
        'reason' in series ? { ...series, reason: expect.stringMatching(series.reason as RegExp) } : series,
      ),
    )
  })

  it('takes a size for memory alone, in whatever unit its column is', async () => {
    const path = file(csv({ mem_mb: heap.map((value) => value / 1024 ** 2 + 1 / 3), fds: flat }))
    const { json } = await judged(path, '--budget', 'mem_mb=3MB', '--json')
    expect(json.series).toMatchObject([{ name: 'mem_mb', budget: 3 }, { budget: 0 }])
    const sized = await judged(path, '--budget', '3MB')
    expect([sized.code, sized.stderr]).toEqual([2, expect.stringMatching(/--budget fds: expected a count.*got "3MB"/)])
  })

  it('says of a weak leak that it has to be confirmed', async () => {
    const weak = Array.from({ length: 101 }, (_, i) => Math.floor(i / 16))
    const { stdout, code } = await judged(file(csv({ weak })))
    expect([code, stdout]).toEqual([3, expect.stringMatching(/confirm it with a second, longer run/)])
  })
})

describe('what is wrong with a file', () => {
  const wrong: [string, string, RegExp][] = [
    ['nothing in it', '', /expected a header and rows of readings, got an empty file/],
    ['a header only', 'cycle,a\n', /expected rows of readings, got a header and none/],
    ['text', 'cycle,a\n1,2\n2,x\n', /:3: column "a": expected a number, got "x"/],
    ['NaN', 'cycle,a\n1,NaN\n', /:2: column "a": expected a number, got "NaN"/],
    ['a list for a number', '{"cycle":1,"a":[]}\n', /expected a number, got \[\]/],
    ['a number beyond reckoning', 'cycle,a\n1,1.7e308\n', /expected a number, got "1.7e308"/],
    ['infinity', 'cycle,a\n1,Infinity\n', /expected a number, got "Infinity"/],
    ['unsorted cycles', 'cycle,a\n2,1\n1,1\n', /:3: column "cycle": expected rows in ascending order.*got 1 after 2/],
    ['repeated cycles', 'cycle,a\n1,1\n1,1\n', /expected rows in ascending order.*got 1 after 1/],
    ['a cycle that is none', 'cycle,a\n,1\n', /column "cycle": expected a number, got ""/],
    ['no column of cycles', 'a,b\n1,2\n', /expected a first column named cycle or time, got "a"/],
    ['no series', 'cycle\n1\n', /expected a column of readings beside cycle, got none/],
    ['a column twice', 'cycle,a,a\n1,2,3\n', /expected each column once, got "a" twice/],
    ['a row that is too short', 'cycle,a,b\n1,2\n', /expected comma-separated values.*line 2/],
    ['half a line of JSON', '{"cycle":1,"a":2}\n{"cycle":2', /:2: expected one JSON object a line/],
    ['JSON without cycles', '{"a":2}\n', /expected a first column named cycle or time/],
  ]
  it.each(wrong)('%s', async (_, text, message) => {
    const { code, stderr, stdout } = await judged(file(text))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  it('a file that is not there', async () => {
    const { code, stderr } = await judged(join(tmp, 'nowhere.csv'))
    expect([code, stderr]).toEqual([2, expect.stringMatching(/expected a file that can be read, got: ENOENT/)])
  })

  it.each([
    ['gaps', csv({ a: flat }).replace(/^5000,7$/m, '5000,'), /1 of 101 cells are empty/],
    ['one row', 'cycle,a\n1,2\n', /has too few readings to tell/],
  ])('%s: inconclusive', async (_, text, message) => {
    const { code, stdout } = await judged(file(text))
    expect(code).toBe(4)
    expect(stdout.replace(/\s+/g, ' ')).toMatch(message)
  })
})

it('takes a million rows', async () => {
  const rows = Array.from({ length: 1_000_000 }, (_, i) => `${i},${7 + Math.floor(i / 5000)}`)
  const { json } = await judged(file(`cycle,fds\n${rows.join('\n')}\n`), '--json')
  expect(json.series[0]).toMatchObject({ verdict: 'leaking', points: 1_000_000 })
  expect(json.series[0].growthPerCycle).toBeCloseTo(1 / 5000, 5)
})

it('takes thousands of columns', async () => {
  const columns = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`s${i}`, i % 2 ? flat : threads]))
  const { json } = await judged(file(csv(columns)), '--json')
  expect(json.series.filter(({ verdict }: { verdict: string }) => verdict === 'leaking')).toHaveLength(1000)
})
