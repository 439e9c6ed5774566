import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { checkEmitters } from './listeners.js'

describe('the emitters of a scenario', () => {
  it('are whatever lists and counts its listeners', () => {
    const { port1, port2 } = new MessageChannel()
    const emitters = { pool: new EventEmitter(), process, port: port1 }
    expect(checkEmitters(emitters)).toBe(emitters)
    port2.close()
  })
  it.each([
    ['of a type alone', new EventTarget(), /for "it", got EventTarget: .*getEventListeners/],
    ['of nothing', { on() {} }, /for "it", got a plain object: .*leave it out/],
    ['of no object', undefined, /for "it", got nothing/],
    ['of its class', EventEmitter, /for "it", got a function/],
    ['without a prototype', Object.create(null), /for "it", got a plain object/],
  ])('are none that list listeners %s', (_, it, says) => {
    expect(() => checkEmitters({ it })).toThrow(says)
  })
  it.each([
    [new EventEmitter(), 'EventEmitter'],
    [undefined, 'nothing'],
    ['pool', '"pool"'],
    [new AbortController().signal, 'AbortSignal'],
    [new Map(), 'Map'],
    [[new EventEmitter()], 'Array'],
    [new (class Pool {})(), 'Pool'],
  ])('come by name', (emitters, came) => {
    expect(() => checkEmitters(emitters)).toThrow(
      `expected an object of emitters by name, such as { pool }, got ${came}`,
    )
  })
})
