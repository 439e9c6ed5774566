import { describe, expect, it } from 'vitest'
import type { ShownFrame, SourceLine } from '../model.ts'
import { calledAs, likelyCalls } from './calls.ts'

const frame = (part: ShownFrame['part'], name: string, column = 1): ShownFrame => ({
  file: part === 'own' ? 'main.ts' : 'node_modules/broker/index.js',
  line: 7,
  column,
  function: name,
  part,
  package: part === 'own' ? null : 'broker',
})
const call = (what: string, perCycle = 1, callee = 'run') => ({
  what,
  perCycle,
  frames: [frame('library', callee), frame('own', 'cycle')],
})
const names = (calls: Parameters<typeof likelyCalls>[0], resource = 'server.queues', growth = 1) =>
  likelyCalls(calls, resource, growth).map(({ what }) => what)

describe('calls that a server may keep something of', () => {
  it('come with those that bring something about first, then those that are named like it', () => {
    expect(names([call('queue.next'), call('bus.ping'), call('bus.declare'), call('queues.declare')])).toEqual([
      'queues.declare',
      'bus.declare',
      'queue.next',
    ])
  })
  it('come by how near their number is', () => {
    expect(names([call('a.put', 9), call('b.put', 1), call('c.put', 2)])).toEqual(['b.put', 'c.put', 'a.put'])
  })
  it('are none that are made more seldom', () => {
    expect(names([call('queues.declare', 0.1)])).toEqual([])
    expect(names([call('queues.declare', 0.1)], 'server.queues', 0.1)).toEqual(['queues.declare'])
  })
  it('go by what a package calls itself, too', () => {
    expect(names([call('x.run'), call('y.run', 1, 'new Queue')])).toEqual(['y.run', 'x.run'])
  })
})

describe('what is called, as a line says it', () => {
  const source = (text: string): SourceLine => ({
    line: 'source',
    file: 'main.ts',
    at: 7,
    first: 6,
    text: ['', text, ''],
  })
  it.each([
    ['  await broker.queues.declare(name)', 'declare', 'broker.queues.declare'],
    ['return this.#bus?.put (1)', 'put', 'this.#bus?.put'],
    ['    .declare(name)', 'declare', null],
    ['declare(name)', 'declare', null],
    ['a.b(broker.put(1))', 'put', 'broker.put'],
    ['broker.put`x`', 'put', null],
  ])('%s', (text, at, expression) => {
    expect(calledAs(source(text), frame('own', 'cycle', text.indexOf(at) + 1))).toBe(expression)
  })
})
