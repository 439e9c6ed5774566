/** The crash in seconds: how long a person waits for it, and how well it was forecast half way. */
import type { Results } from '../harness/model.ts'

type Say = (what: string, value: number, unit: string, bound: string, holds: boolean, note?: string) => void
type Soak = (...args: string[]) => { results: Results; ms: number }

const WITHIN_MS = 30_000
const cases = [
  {
    scenario: 'patroni/patronictl-watch',
    limit: 'threads=64',
    error: /can't start new thread/,
    suspect: 'patroni/dcs/etcd.py',
  },
  {
    scenario: 'dcs-client/resolver-leak',
    limit: 'threads=64',
    error: /ERR_WORKER_INIT_FAILED/,
    suspect: 'dns-caching-resolver.ts',
  },
  { scenario: 'controls/fd.leaky', limit: 'fds=100', error: /EMFILE/, suspect: 'controls/' },
  { scenario: 'controls/external.leaky', limit: 'memory=150MB', error: null, suspect: 'controls/' },
]

export function benchCrash(say: Say, soak: Soak, asked: boolean): number {
  let missed = 0
  for (const { scenario, limit, error, suspect } of cases) {
    const patronictl = process.env.HOLDWATER_PATRONI_LEAKING
    const isPatroni = scenario.startsWith('patroni/')
    if (isPatroni && !patronictl) {
      if (asked) missed++
      console.log(`- ${scenario} until it crashes: not measured: HOLDWATER_PATRONI_LEAKING names no patronictl`)
      continue
    }
    if (isPatroni) process.env.PATRONICTL = patronictl
    const { results, ms } = soak(scenario, '--limit', limit, '--until', 'crash')
    delete process.env.PATRONICTL
    const [run] = results.runs
    const { crash } = run ?? {}
    const named = run?.suspects[0]?.sentence.includes(suspect) ?? false
    const crashed = crash !== null && crash !== undefined && (error === null || error.test(crash.error ?? ''))
    const holds = crashed && named && ms <= WITHIN_MS
    say(
      `${scenario} under ${limit}: crash and suspect after`,
      ms / 1000,
      ' s',
      'at most 30 s',
      holds,
      run?.crash?.sentence,
    )
    const off = Math.abs((crash?.forecast?.cycles ?? Infinity) / (crash?.cycles ?? 1) - 1) * 100
    say(
      '…forecast half way, off by',
      off,
      ' %',
      'at most 5 %',
      off <= 5,
      `${crash?.forecast?.cycles} for ${crash?.cycles}`,
    )
  }
  return missed
}
