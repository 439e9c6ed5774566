/** A server of a scenario put under load: where it listens, and that it does; then the process that sends the requests. */
import { messageOf, UsageError } from './errors.ts'
import { isThisMachine, untilListening } from './load/address.ts'
import { openLoad } from './load/load.ts'
import type { Plan } from './model.ts'
import { underLoad } from './observe/load-target.ts'
import type { News } from './observe/protocol.ts'
import type { ScenarioProcess } from './observe/scenario-process.ts'
import type { Target } from './observe/target.ts'
import type { Warden } from './processes/warden.ts'
import type { ScenarioFields } from './scenario/description.ts'
import { urlOf } from './scenario/load.ts'

/** What the scenario says of its URL. @throws UsageError */
async function urlFrom(process: ScenarioProcess, { scenario: { file }, startTimeoutMs }: Plan): Promise<URL> {
  try {
    return urlOf((await process.ask({ ask: 'url' }, startTimeoutMs)).url)
  } catch (error) {
    throw new UsageError(`${file}: \`load.url\`: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * @returns the URL of a server that listens, on this machine
 * @throws UsageError where it is none, or elsewhere, or nothing listens there
 */
export async function findServer(
  process: ScenarioProcess,
  server: Target,
  plan: Plan,
  { allowRemote = false }: { allowRemote?: boolean },
): Promise<URL> {
  const { scenario, startTimeoutMs } = plan
  const refuse = (text: string) => new UsageError(`${scenario.file}: \`load.url\`: ${text}`)
  const url = await urlFrom(process, plan)
  const here = await isThisMachine(url).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`expected a host whose address can be looked up, got ${url.hostname} (${error.code})`)
  })
  if (!here && !allowRemote)
    throw refuse(
      `expected an address of this machine, got ${url.host}: load on another is an attack unless its owner agreed; allow it with --allow-remote`,
    )
  const silent = await untilListening(url, startTimeoutMs, server.ended)
  if (silent === null) return url
  const over = await Promise.race([server.ended, Promise.resolve(null)])
  const how = over ? `the server has left (${over.signal ?? `exit code ${over.code}`})` : 'nothing does'
  throw refuse(
    `expected a server that listens at ${url.origin} within ${startTimeoutMs / 1000} s (--start-timeout), and ${how}: ${silent}\n${server.stderrTail()}`.trimEnd(),
  )
}

/** @param url where it listens; its process is the target */
export async function putUnderLoad(
  target: Target,
  url: URL,
  {
    load,
    plan,
    pace,
    warden,
    onNews,
  }: {
    load: NonNullable<ScenarioFields['load']>
    plan: Plan
    /** Cycles per second that the way to etcd bears; null: as fast as they come. */
    pace: number | null
    warden: Warden
    onNews(news: News): void
  },
): Promise<Target> {
  const { method, headers, body, connections, rate, hangUpAfterMs } = load
  const { cycleTimeoutMs } = plan
  const requests = { url: url.href, method, headers, body, connections, timeoutMs: cycleTimeoutMs, hangUpAfterMs }
  const perSecond = Math.min(rate ?? Infinity, pace ?? Infinity)
  return underLoad(target, {
    load: await openLoad(requests, { warden, onNews }),
    leastMs: 1000 / perSecond,
    cycleTimeoutMs,
    settlesOutside: plan.load?.of === 'command',
  })
}
