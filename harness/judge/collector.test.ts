import { describe, expect, it } from 'vitest'
import { recordingOf, repeat } from '../../tests/recording-of.ts'
import type { EndLine } from '../model.ts'
import { judge } from './judge.ts'

/** A run of a command with a leak, which lasted so long. */
function verdictOf({ collectors = ['Ruby'], lastedMs = 60_000, name = 'fds', from = 0, shard = false, refused = '' }) {
  const recording = recordingOf({
    threads: repeat(101, () => 7),
    [name]: repeat(101, (i) => 10 + Math.max(0, i - from) * 5),
  })
  for (const [i, checkpoint] of recording.checkpoints.entries()) Object.assign(checkpoint, { ms: (i * lastedMs) / 100 })
  const start = { line: 'start' as const, ms: 0, readings: { [name]: 10 }, collectors }
  const dead = {
    ending: 'cycle-timeout',
    exit: { code: null, signal: 'SIGKILL', stderrTail: '' },
    refused: { resource: refused, error: 'no' },
  }
  const end = { ...recording.end, ...(refused && dead) } as EndLine
  const event = { line: 'event' as const, ms: 0, cycles: 5000, kind: 'shard' as const, text: '' }
  const { verdict, because, reasonCode, resources } = judge({ ...recording, start, events: shard ? [event] : [], end })
  return { verdict, because, reasonCode, facts: resources.find((resource) => resource.name === name)?.facts }
}

describe('what a collector may close', () => {
  it.each(['fds', 'sockets'])('is no leak yet where it grew for a minute: %s', (name) => {
    expect(verdictOf({ name })).toMatchObject({
      verdict: 'inconclusive',
      because: name,
      reasonCode: 'may-be-collected',
      facts: { collectors: 'Ruby', wantedMs: 150_000 },
    })
  })
  it('is one where it grew for longer than Go takes to collect', () => {
    expect(verdictOf({ lastedMs: 151_000 })).toMatchObject({ verdict: 'leaking', because: 'fds' })
  })
  it('counts from where it began to grow, and not over several runs', () => {
    expect(verdictOf({ lastedMs: 160_000, from: 20 })).toMatchObject({ reasonCode: 'may-be-collected' })
    expect(verdictOf({ lastedMs: 200_000, from: 20 })).toMatchObject({ verdict: 'leaking' })
    expect(verdictOf({ lastedMs: 200_000, shard: true })).toMatchObject({ reasonCode: 'may-be-collected' })
  })
  it('is one where it met a limit before that, and fell silent', () => {
    expect(verdictOf({ refused: 'fds' })).toMatchObject({ verdict: 'leaking', because: 'fds' })
    expect(verdictOf({ refused: 'memory' })).toMatchObject({ verdict: 'inconclusive', reasonCode: 'cycle-timeout' })
    expect(verdictOf({ refused: 'threads', collectors: [] })).toMatchObject({ reasonCode: 'cycle-timeout' })
  })
  it('is one where the program has none', () => {
    expect(verdictOf({ collectors: [] })).toMatchObject({ verdict: 'leaking', because: 'fds' })
  })
  it.each(['threads', 'children'])('is nothing else: %s are not waited for', (name) => {
    expect(verdictOf({ name })).toMatchObject({ verdict: 'leaking', because: name })
  })
})
