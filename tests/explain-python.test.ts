/** What a Python program holds is named by the line that made it, and the program does not notice. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { onPath } from '../harness/processes/start.ts'
import { fixture, holdwater } from './holdwater.ts'

const hasPython = onPath('python3') !== null
const needsPython = hasPython ? '' : ' (skipped: no python3 on the PATH; sudo apt-get install python3)'
const explained = async (env: Record<string, string>, ...args: string[]) => {
  const { results, stdout, stderr } = await holdwater(['run', fixture('python.mjs'), '--explain', 'auto', ...args], env)
  const [run] = results?.runs ?? []
  if (!run) throw new Error(stdout + stderr)
  return run
}

describe.skipIf(!hasPython).concurrent(`a Python program${needsPython}`, () => {
  it.each([
    ['thread', 'Resolver.__init__', 15, 'threads'],
    ['socket', 'make_socket', 30, 'sockets'],
    ['file', 'make_file', 34, 'fds'],
  ])('that leaks a %s is told where', async (kind, name, line, resource) => {
    const { verdict, suspects } = await explained({ KIND: kind, TWIN: 'leaky' })
    expect(verdict).toBe('leaking')
    expect(suspects).toMatchObject([{ resource, kind, language: 'python' }])
    const [suspect] = suspects
    expect(suspect?.stack[suspect.at ?? -1]).toMatchObject({
      file: 'tests/fixtures/python/holder.py',
      line,
      function: expect.stringMatching(new RegExp(`${name.split('.').at(-1)}$`)),
      part: 'own',
    })
    expect(suspect?.growthPerCycle).toBeCloseTo(1, 1)
  })

  it.each(['thread', 'file'])('that closes its %s has no suspect', async (kind) => {
    const { verdict, suspects, unexplained, recordings } = await explained(
      { KIND: kind, TWIN: 'clean' },
      '--explain',
      'always',
    )
    expect([verdict, suspects, unexplained, recordings.at(-1)?.role]).toEqual(['clean', [], [], 'explain'])
  })

  it.each(['-I', '-S'])('that is started with %s cannot be looked into, and the report says so', async (flag) => {
    const { verdict, suspects, unexplained } = await explained({ KIND: 'thread', TWIN: 'leaky', PYTHON_ARGS: flag })
    expect(verdict).toBe('leaking')
    // A name is what is left.
    expect(suspects).toMatchObject([{ kind: 'thread name', what: expect.stringMatching(/^python/), stack: [] }])
    expect(unexplained.join('\n')).toMatch(/it loaded no sitecustomize/)
  })
})

describe.skipIf(!hasPython)(`the probe of Python${needsPython}`, () => {
  const site = resolve('tests/fixtures/python/site')
  const run = (env: Record<string, string>) =>
    execFileSync('python3', [resolve('tests/fixtures/python/behaves.py')], {
      encoding: 'utf8',
      // It runs while nothing else of the test can: one that hangs has to end by itself.
      timeout: 60_000,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    })

  it('changes nothing that a program sees, and hands over to a sitecustomize that was there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdwater-python-'))
    try {
      const probe = [resolve('harness/probe/python'), site].join(delimiter)
      const probed = run({ PYTHONPATH: probe, HOLDWATER_LEDGER: folder })
      expect(probed).toBe(run({ PYTHONPATH: site }))
      expect(probed).toContain('sitecustomize True')
      // It and the one it forked, each its own; the program that it started is not observed.
      expect(readdirSync(folder)).toHaveLength(2)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is silent where it cannot write', () => {
    const probed = run({
      PYTHONPATH: [resolve('harness/probe/python'), site].join(delimiter),
      HOLDWATER_LEDGER: '/nonexistent',
    })
    expect(probed).toBe(run({ PYTHONPATH: site }))
  })
})
