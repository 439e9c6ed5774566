import { describe, expect, it } from 'vitest'
import type { ShownFrame } from '../model.ts'
import { releaseOf } from './release.ts'

const of = (part: ShownFrame['part']) => (file: string, name: string) => ({
  file,
  function: name,
  line: 1,
  column: 1,
  part,
  package: part === 'library' ? 'client' : null,
})
const [node, library, own] = [of('runtime'), of('library'), of('own')]
const timer = [node('node:internal/timers', 'new Timeout'), node('node:timers', 'setTimeout')]
const idle = (type: string) => [timer[0] as ShownFrame, node('node:internal/stream_base_commons', type)]
const line = own('main.ts', 'cycle')

describe('what would release', () => {
  it.each<[string, string, ShownFrame[], string | null]>([
    ['a timer that its maker has', 'timeout', [...timer, line], 'clearTimeout()'],
    ['one that a package has', 'timeout', [...timer, library('a/index.js', 'wait'), line], 'clearTimeout()'],
    ['an interval', 'interval', [...timer, line], 'clearInterval()'],
    [
      'the time that a socket may be idle',
      'timeout',
      [...idle('Socket.setStreamTimeout'), line],
      'setTimeout(0) on the socket or its destroy()',
    ],
    [
      'that of a request',
      'timeout',
      [...idle('TLSSocket.setStreamTimeout'), node('node:_http_client', 'ClientRequest.setTimeout'), line],
      'setTimeout(0) on the socket or its destroy()',
    ],
    [
      'that of a session',
      'timeout',
      [...idle('ClientHttp2Session.setStreamTimeout'), library('a/index.js', 'dial'), line],
      'setTimeout(0) on the session or its destroy()',
    ],
    [
      'that of a stream',
      'timeout',
      [...idle('ServerHttp2Stream.setStreamTimeout'), line],
      'setTimeout(0) on the stream or its destroy()',
    ],
    [
      'one that a promise waits for',
      'timeout',
      [timer[0] as ShownFrame, node('node:timers/promises', 'setTimeout'), line],
      'abort() of its signal',
    ],
    [
      'one that Node has',
      'timeout',
      [...timer, node('node:internal/abort_controller', 'AbortSignal.timeout'), line],
      null,
    ],
    ['one that Node made for itself', 'timeout', timer, null],
    ['a listener of an emitter', 'listener', [line], 'off()'],
    ['a listener of a signal', 'event listener', [line], 'removeEventListener()'],
    ['what has a name alone', 'key', [], 'delete()'],
  ])('%s', (_, kind, frames, release) => {
    expect(releaseOf(kind, frames)).toBe(release)
  })
})
