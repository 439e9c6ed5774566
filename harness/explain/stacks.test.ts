import { describe, expect, it } from 'vitest'
import type { Frame, StackLine } from '../model.ts'
import { bestFrame, sameToPeople, shownFrames } from './stacks.ts'

const frame = (file: string, line = 1, name = 'f'): Frame => ({ file, line, column: 1, function: name })
const stack = (language: StackLine['language'], ...frames: Frame[]): StackLine => ({
  line: 'stack',
  id: 1,
  language,
  frames,
})
const parts = (line: StackLine, project = '/home/me/app') =>
  shownFrames(line, project).map(({ file, part, package: name }) => [file, part, name])

describe('whose code a frame is', () => {
  it('of JavaScript', () => {
    expect(
      parts(
        stack(
          'javascript',
          frame('node:net'),
          frame('/home/me/app/node_modules/@scope/client/lib/a.js'),
          frame('/home/me/app/node_modules/.pnpm/b@1.0.0/node_modules/b/b.js'),
          frame('/home/me/app/src/main.ts'),
          frame('/elsewhere/shared.js'),
        ),
      ),
    ).toEqual([
      ['node:net', 'runtime', null],
      ['node_modules/@scope/client/lib/a.js', 'library', '@scope/client'],
      ['node_modules/.pnpm/b@1.0.0/node_modules/b/b.js', 'library', 'b'],
      ['src/main.ts', 'own', null],
      ['/elsewhere/shared.js', 'own', null],
    ])
  })

  it('of a project that is itself below node_modules', () => {
    expect(parts(stack('javascript', frame('/x/node_modules/app/main.js')), '/x/node_modules/app')).toEqual([
      ['main.js', 'own', null],
    ])
  })

  it('of Python', () => {
    expect(
      parts(
        stack(
          'python',
          frame('/usr/lib/python3.11/threading.py'),
          frame('/venv/lib/python3.11/site-packages/patroni/dcs/etcd.py'),
          frame('/usr/lib/python3/dist-packages/six.py'),
          frame('/home/me/app/tool.py'),
          frame('<frozen runpy>'),
          frame('/venv/bin/patronictl', 8, '<module>'),
        ),
      ),
    ).toEqual([
      ['/usr/lib/python3.11/threading.py', 'runtime', null],
      ['patroni/dcs/etcd.py', 'library', 'patroni'],
      ['six.py', 'library', 'six'],
      ['tool.py', 'own', null],
      ['<frozen runpy>', 'runtime', null],
      ['/venv/bin/patronictl', 'runtime', null],
    ])
  })
})

describe('the frame a stack is shown by', () => {
  const best = (...files: string[]) =>
    bestFrame(shownFrames(stack('javascript', ...files.map((file) => frame(file))), '/app'))
  it("is the innermost of the person's own, else of a library's, else any", () => {
    expect(best('node:net', '/app/node_modules/a/a.js', '/app/x.js', '/app/y.js')).toBe(2)
    expect(best('node:net', '/app/node_modules/a/a.js')).toBe(1)
    expect(best('node:net')).toBe(0)
    expect(best()).toBe(null)
  })
})

describe('stacks that are the same to a person', () => {
  it('differ in the frames of the runtime', () => {
    const shown = (...files: string[]) => shownFrames(stack('javascript', ...files.map((file) => frame(file))), '/app')
    const same = sameToPeople(
      new Map([
        [1, shown('node:net', '/app/x.js', 'node:events')],
        [2, shown('node:timers', '/app/x.js')],
        [3, shown('/app/y.js')],
        [4, shown('node:net')],
        [5, shown('node:timers')],
      ]),
    )
    expect([1, 2, 3, 4, 5].map(same)).toEqual([1, 1, 3, 4, 5])
  })
})
