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
