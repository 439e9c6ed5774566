import { expect, it } from 'vitest'
import { nearLimitsText } from './headroom.ts'

const of = (name: string, now: number, limit: number, source: string, unit: 'count' | 'bytes' = 'count') => ({
  name,
  unit,
  headroom: { limit, source, now, left: Math.max(0, limit - now) },
})

it('what stands at a limit, or near one, is told once for all that count in it', () => {
  const fds = [of('fds', 20_000, 20_000, 'RLIMIT_NOFILE'), of('sockets', 20_000, 20_000, 'RLIMIT_NOFILE')]
  expect(nearLimitsText(fds)).toBe('At a limit: 20,000 of 20,000 fds (RLIMIT_NOFILE).')
  const memory = of('rss', 500 * 1024 ** 2, 512 * 1024 ** 2, 'cgroup memory.max', 'bytes')
  expect(nearLimitsText([memory])).toBe('Near a limit: 500 MB of 512 MB memory (cgroup memory.max).')
  expect(nearLimitsText([...fds, memory])).toMatch(
    /^At a limit: .* \(RLIMIT_NOFILE\)\. Near a limit: 500 MB of 512 MB memory/,
  )
})

it('what is far from one is not, nor what others use up', () => {
  expect(nearLimitsText([of('fds', 800, 1000, 'RLIMIT_NOFILE')])).toBe('')
  expect(nearLimitsText([of('threads', 999, 1000, 'kernel.threads-max')])).toBe('')
  expect(nearLimitsText([{ name: 'fds', unit: 'count', headroom: null }])).toBe('')
})
