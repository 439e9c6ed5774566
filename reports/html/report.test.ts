import { describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import { reportOf } from '../../tests/report-of.ts'
import { renderHtml } from './report.ts'

const flat = repeat(101, () => 7)
const leak = repeat(101, (i) => i * 100)

describe('the HTML page', () => {
  const page = renderHtml(reportOf(recordingOf({ threads: leak, heap: repeat(101, (i) => i) })))
  it('says the verdict first', () => {
    expect(page).toMatch('<h1>1 scenario failed</h1>')
    expect(page.indexOf('Leaks threads')).toBeLessThan(page.indexOf('<table'))
  })
  it('shows what failed before what did not, else in their order', () => {
    const named = (name: string, threads: (number | null)[]) => {
      const recording = recordingOf({ threads })
      recording.header.plan.scenario.name = name
      return recording
    }
    const many = renderHtml(
      reportOf(named('first', flat), named('second', flat), named('open', flat.slice(0, 9)), named('failing', leak)),
    )
    const order = [...many.matchAll(/<strong>(first|second|open|failing)<\/strong>/g)].map(([, name]) => name)
    expect(order).toEqual(['failing', 'open', 'first', 'second'])
  })
  it('escapes what scenarios say', () => {
    expect(page).toMatch('a &lt;scenario&gt;')
    expect(page).not.toMatch('a <scenario>')
  })
  it('loads nothing', () => {
    expect(page).toMatch("default-src 'none'")
    expect(page.replace(/<script[\s\S]*?<\/script>/g, '')).not.toMatch(/(src|href)="(?!#)/)
  })
})

it('beside a leak the page says of what is undecided that it is not decided, and of a run that it is inconclusive', () => {
  const few = flat.slice(0, 40)
  const leaks = renderHtml(reportOf(recordingOf({ threads: leak.slice(0, 40), fds: few })))
  expect(leaks).toContain('<span class="badge none">not decided</span>')
  expect(leaks).not.toContain('badge inconclusive')
  expect(renderHtml(reportOf(recordingOf({ threads: few })))).toContain('badge inconclusive')
})
