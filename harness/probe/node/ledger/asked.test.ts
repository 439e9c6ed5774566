import { afterEach, describe, expect, it, vi } from 'vitest'

type Place = [file: string, line: number, name: string]
const own = (line: number): Place => ['/app/main.js', line, 'cycle']
const library = (line: number, name: string): Place => ['/app/node_modules/bus/index.js', line, name]

/** A ledger of its own for each test: what was noted is kept by the module. */
async function open() {
  const [{ ownCodeIs, stackOf }, { countAsked, noteCall }] = await Promise.all([
    import('./stacks.js'),
    import('./asked.js'),
  ])
  ownCodeIs('/app')
  return {
    /** Something was made `times` times, with this stack, innermost first. */
    made(times: number, ...places: Place[]) {
      const stack = stackOf(places.map(([file, line, name]) => ({ file, line, column: 1, function: name })))
      for (let i = 0; i < times; i++) noteCall(stack)
    },
    calls() {
      const told: [string | null, number][] = []
      countAsked((kind, what, _, count) => told.push([`${kind} ${what}`, count]))
      return told
    },
  }
}
afterEach(() => vi.resetModules())

describe('the calls that are made', () => {
  it('are counted once each, however much they make', async () => {
    const { made, calls } = await open()
    made(5, library(3, 'Bus.put'), own(1))
    made(5, library(4, 'Bus.put'), own(1))
    made(90, library(50, 'encode'), library(9, 'Bus.put'), own(1))
    expect(calls()).toEqual([['call Bus.put', 5]])
  })
  it('are told apart by their line, and by what is called on it', async () => {
    const { made, calls } = await open()
    made(3, library(3, 'Bus.put'), own(1))
    made(2, library(3, 'Bus.put'), own(2))
    made(1, library(7, 'Bus.get'), own(2))
    expect(calls()).toEqual([
      ['call Bus.put', 3],
      ['call Bus.put', 2],
      ['call Bus.get', 1],
    ])
  })
  it('are the same in the first cycle of a batch and in the next', async () => {
    const { made, calls } = await open()
    made(1, library(3, 'Bus.put'), own(1), ['node:internal/child_process', 9, 'emit'])
    made(4, library(3, 'Bus.put'), own(1), ['node:internal/process/task_queues', 5, 'processTicksAndRejections'])
    expect(calls()).toEqual([['call Bus.put', 5]])
  })
  it('are those into packages and over the network', async () => {
    const { made, calls } = await open()
    made(2, ['node:internal/deps/undici/undici', 7, 'request'], ['node:internal/bootstrap/web/x', 4, 'fetch'], own(1))
    made(2, ['node:internal/streams/writable', 7, 'Socket.write'], own(2))
    made(9, ['node:internal/timers', 2, 'new Timeout'], ['node:timers', 4, 'setTimeout'], own(3))
    made(9, own(4))
    made(9, library(3, 'later'))
    expect(calls()).toEqual([
      ['call fetch', 2],
      ['call Socket.write', 2],
    ])
  })
})
