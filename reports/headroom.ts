/** What stands at a limit, or near it, whether it grows or not. */
import type { ResourceVerdict } from '../harness/model.ts'
import { amount, list } from './format.ts'

/** So little of a limit is left that the next rise may meet it. */
const NEAR = 0.1
/** Limits that others use up, too: how near they are says little of this process. */
const isShared = (source: string): boolean => /^(the machine|kernel\.)/.test(source)

type Limited = Pick<ResourceVerdict, 'name' | 'unit' | 'headroom'>

/** `At a limit: 20,000 of 20,000 fds (RLIMIT_NOFILE).`; empty where nothing is near one. */
export function nearLimitsText(resources: readonly Limited[]): string {
  const told = new Map<string, string>()
  for (const { name, unit, headroom } of resources) {
    if (!headroom || isShared(headroom.source) || headroom.left > NEAR * headroom.limit) continue
    const { now, limit, source } = headroom
    const used = `${amount(Math.min(now, limit), unit)} of ${amount(limit, unit)} ${name} (${source})`
    // The first that meets a limit says it for all that count in it.
    if (!told.has(source)) told.set(source, used)
  }
  const isAt = resources.some(({ headroom }) => headroom && headroom.left === 0 && told.has(headroom.source))
  return told.size === 0 ? '' : `${isAt ? 'At' : 'Near'} a limit: ${list([...told.values()])}.`
}
