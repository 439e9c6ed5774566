import { describe, expect, it } from 'vitest'
import { framesOf, kindOf, messageOf, messageOfUncaught, stackOf } from './thrown.js'

const throws = (what: string) => ({
  get() {
    throw new Error(`no ${what}`)
  },
})
const closed = new Proxy(new Error('trapped'), {
  get: throws('property').get,
  getPrototypeOf: throws('prototype').get,
  getOwnPropertyDescriptor: throws('descriptor').get,
})

describe('what can be said of what was thrown', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['a text', 'a text'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), '[Object: null prototype] {}'],
    [{ reason: 'full' }, "{ reason: 'full' }"],
    [{ message: 'like an error' }, 'like an error'],
    [{ toString: () => 'by itself' }, 'by itself'],
    [{ toString: null }, '{ toString: null }'],
    [new Error('plain'), 'plain'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'refused (ECONNREFUSED)'],
    [Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error('above', { cause: Object.assign(new Error('below'), { code: 'EPIPE' }) }), 'above (EPIPE)'],
    [new AggregateError([Object.assign(new Error('one'), { code: 14 })], 'all'), 'all (14)'],
    [Object.defineProperty(new Error('unread code'), 'code', throws('code')), 'unread code'],
    [Object.defineProperty(new Error('unread cause'), 'cause', throws('cause')), 'unread cause'],
  ])('%#: %s', (thrown, says) => {
    expect(messageOf(thrown)).toBe(says)
  })

  it('a proxy that lets nobody look is shown from outside', () => {
    expect(messageOf(closed)).toMatch(/^Proxy \[[\s\S]*trapped/)
    expect([kindOf(closed), framesOf(closed), stackOf(closed)]).toEqual(['', '', ''])
  })

  it('a message that cannot be read is something all the same', () => {
    expect(messageOf(Object.defineProperty(new Error('x'), 'message', throws('message')))).not.toBe('')
  })

  it('causes without an end have no code', () => {
    const own = new Error('its own cause')
    own.cause = own
    expect([kindOf(own), messageOf(own)]).toEqual(['', 'its own cause'])
  })

  it('a code is short, whatever it is', () => {
    expect(kindOf({ code: 'x'.repeat(1e6) })).toHaveLength(100)
    expect(kindOf({ code: { toString: null } })).toBe('')
  })

  it('a message is cut where a word ends', () => {
    const secret = `token-${'x'.repeat(300)}`
    const said = messageOf(new Error(`${'word '.repeat(280)}${secret} ${'more '.repeat(1e6)}`))
    expect(said).toMatch(/word… \(cut: 5001707 characters\)$/)
    expect(said).not.toMatch('token')
    expect(messageOf(new Error('y'.repeat(5e7)))).toBe(`${'y'.repeat(1500)}… (cut: 50000000 characters)`)
  })

  it('a stack is the frames above ours, however long the message before them', () => {
    const error = new Error(`first\n    at no frame\n${'z'.repeat(1e6)}`)
    error.stack = `Error: ${error.message}\n    at cycle (file:///a.mjs:1:2)\n    at lane (${new URL('batch.js', import.meta.url)}:3:4)\n    at later`
    expect(framesOf(error)).toBe('    at cycle (file:///a.mjs:1:2)')
    expect(stackOf(error)).toBe('Error\n    at cycle (file:///a.mjs:1:2)')
    error.stack = `Error\n${'    at deeper (file:///a.mjs:1:2)\n'.repeat(1e5)}`
    expect(framesOf(error).split('\n')).toHaveLength(20)
    expect(framesOf(Object.assign(new Error('x'), { stack: [1] }))).toBe('')
  })

  it('Node’s words around what is no error are left out', () => {
    const wrapped = Object.assign(
      new Error('This error originated … The promise rejected with the reason "a "quoted" text".'),
      { code: 'ERR_UNHANDLED_REJECTION' },
    )
    expect(messageOfUncaught(wrapped)).toBe('a "quoted" text')
    expect(messageOfUncaught(new Error('any other'))).toBe('any other')
  })
})
