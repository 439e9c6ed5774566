/** A server under load: whole runs, each on a real server. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixture, holdwater } from './holdwater.ts'

const command = fixture('load/command.mjs')
const server = fixture('load/module.mjs')

describe.concurrent('a server under load', () => {
  it('is a command that leaks by the request', async () => {
    const { results, stdout } = await holdwater(['run', command], { SERVER: 'leaky' })
    const [run] = results?.runs ?? []
    expect(run?.verdict, stdout).toBe('leaking')
    const fds = run?.resources.find(({ name }) => name === 'fds')
    expect(fds?.growthPerCycle).toBeCloseTo(1, 1)
    expect(run?.load?.failed).toBe(0)
  })

  it('is a command that is clean, with its requests in every report', async () => {
    const { results, stdout, out } = await holdwater(['run', command, '--reporter', 'terminal,json,html,markdown'])
    const [run] = results?.runs ?? []
    expect(run?.verdict, stdout).toBe('clean')
    expect(run?.resources.find(({ name }) => name === 'sockets')).toMatchObject({ verdict: 'clean' })
    const { latency, requests = 0, connections, perSecond, failures } = run?.load ?? {}
    expect({ connections, failures }).toEqual({ connections: 4, failures: {} })
    expect(requests).toBeGreaterThan(500)
    expect(requests).toBeLessThan(run?.cycles ?? 0)
    expect(latency?.p50).toBeLessThan(latency?.max ?? 0)
    expect(perSecond).toBeGreaterThan(0)
    expect(stdout).toMatch(/requests per second; latency [\d.]+ ms \(half\)/)
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toMatch(/<th scope="col">99 % below<\/th>/)
  })

  it('is named with the line that leaks', async () => {
    const { results, stdout } = await holdwater(['run', server, '--explain', 'auto'], { SERVER: 'leaky' })
    const [run] = results?.runs ?? []
    expect(run?.outcome, stdout).toBe('pass')
    expect(run?.suspects[0]?.sentence).toMatch(
      /^1\.00 file descriptor per cycle, made at .*load\/server\.mjs:10 in leaky/,
    )
  })

  it('whose answers become slower is warned of', async () => {
    const { results, stdout } = await holdwater(['run', server, '--cycles', '800', '--until', 'end'], {
      SERVER: 'slower',
    })
    const [run] = results?.runs ?? []
    expect(run?.load?.throughput?.decays, stdout).toBe(true)
    expect(run?.reason).toMatch(/Warning: throughput decays, from [\d,]+ to [\d,]+ requests per second \(-\d\d %\)\./)
  })

  it('that fails too often proves nothing', async () => {
    const { results, code, stdout } = await holdwater(['run', server], { SERVER: 'failing' })
    expect(code, stdout).toBe(4)
    const [run] = results?.runs ?? []
    expect(run?.reasonCode).toBe('failed-cycles')
    expect(run?.reason).toMatch(/HTTP 500 \(GET http:\/\/127\.0\.0\.1:\d+\/\)/)
  })

  it('that leaves has died, and says so', async () => {
    const { results, code, stdout } = await holdwater(['run', command], { SERVER: 'leaves' })
    expect(code, stdout).toBe(4)
    expect(results?.runs[0]?.reason).toMatch(/the server left with exit code 3/)
  })

  it.each([
    [
      'never listens',
      { SERVER: 'silent' },
      /expected a server that listens at http:\/\/127\.0\.0\.1:\d+ within 1 s \(--start-timeout\), and nothing does: ECONNREFUSED/,
    ],
    [
      'leaves at once',
      { SERVER: 'leaving' },
      /the server has left \(exit code 7\): ECONNREFUSED\nno configuration found/,
    ],
  ])('that %s is not started', async (_, env, says) => {
    const { code, stderr } = await holdwater(['run', command, '--start-timeout', '1s'], env)
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
  })

  it.each([
    ['http://192.0.2.7:80/', /expected an address of this machine, got 192\.0\.2\.7: .*allow it with --allow-remote/],
    ['http://no-such-host.invalid/', /expected a host whose address can be looked up, got no-such-host\.invalid/],
    ['ftp://127.0.0.1/', /expected a URL such as 'http:\/\/127\.0\.0\.1:8080\/', got "ftp:\/\/127\.0\.0\.1\/"/],
  ])('at %s is refused', async (url, says) => {
    const { code, stderr } = await holdwater(['run', server], { URL_SAID: url })
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
  })

  it('elsewhere is allowed with --allow-remote, and has to listen all the same', async () => {
    const { code, stderr } = await holdwater(['run', server, '--allow-remote', '--start-timeout', '1s'], {
      URL_SAID: 'http://192.0.2.7:80/',
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/expected a server that listens at http:\/\/192\.0\.2\.7 within 1 s/)
  })
})
