/** What stands at a limit, or near it, whether it grows or not. */
import type { ResourceVerdict } from '../harness/model.ts'
import { amount, list } from './format.ts'

/** So little of a limit is left that the next rise may meet it. */
const NEAR = 0.1
/** Limits that others use up, too: how near they are says little of this process. */
const isShared = (source: string): boolean => /^(the machine|kernel\.)/.test(source)

type Limited = Pick<ResourceVerdict, 'name' | 'unit' | 'headroom'>

/** `At a limit: 20,000 of 20,000 fds (RLIMIT_NOFILE).`; empty where nothing is at one, or near. */
export function nearLimitsText(resources: readonly Limited[]): string {
  const told = new Map<string, { isAt: boolean; text: string }>()
  for (const { name, unit, headroom } of resources) {
    if (!headroom || isShared(headroom.source) || headroom.left > NEAR * headroom.limit) continue
    const { now, limit, source, left } = headroom
    const text = `${amount(Math.min(now, limit), unit)} of ${amount(limit, unit)} ${unit === 'bytes' ? 'memory' : name} (${source})`
    // The first that meets a limit says it for all that count in it.
    if (!told.has(source)) told.set(source, { isAt: left === 0, text })
  }
  const of = (wanted: boolean) => [...told.values()].filter(({ isAt }) => isAt === wanted).map(({ text }) => text)
  return [
    of(true).length > 0 ? `At a limit: ${list(of(true))}.` : '',
    of(false).length > 0 ? `Near a limit: ${list(of(false))}.` : '',
  ]
    .filter(Boolean)
    .join(' ')
}
