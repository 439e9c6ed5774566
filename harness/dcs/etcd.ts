/** The one door to a real etcd, however it can be had. */
import { EnvironmentError, messageOf, UsageError } from '../errors.ts'
import type { EtcdNeeds } from '../model.ts'
import { onPath } from '../processes/start.ts'
import { makeCertificates } from './certificates.ts'
import { useEtcdAt } from './external.ts'
import { localEtcdHint, startLocalEtcd } from './local.ts'
import type { StartedEtcd, StartOptions } from './started.ts'

/** `auto`, `docker`, `local`, or a URL. */
export type EtcdChoice = string

const isUrl = (choice: string) => /^https?:\/\//.test(choice)

/** Whether it is one that runs already, which others may use. */
export const isShared = (choice: EtcdChoice): boolean =>
  isUrl(choice) || (choice === 'auto' && Boolean(process.env.HOLDWATER_ETCD))

/** A provider that failed once is not asked again by the next scenario: it would take as long to fail again. */
const failures = new Map<string, string>()

type Provider = (options: StartOptions) => Promise<StartedEtcd>
/** What holdwater can start, in the order in which `auto` tries it; a new one is one line here. */
const providers: Readonly<Record<string, Provider>> = {
  // Loaded where it is wanted: the library takes half a second.
  docker: async (options) => (await import('./container.ts')).startEtcdContainer(options),
  local: startLocalEtcd,
}

export type FoundEtcd = {
  /** An etcd that already runs, or null: one has to be started. */
  etcd: StartedEtcd | null
  /** Why not what comes before it. */
  passedOver: string[]
}

/**
 * Looks for an etcd that already runs: the URL that was asked for or, with `auto`, the one in HOLDWATER_ETCD. Starts nothing.
 * @throws UsageError for a choice that is none, EnvironmentError when nobody answers at the URL that was asked for
 */
export async function findRunningEtcd(choice: EtcdChoice): Promise<FoundEtcd> {
  if (isUrl(choice)) return { etcd: await useEtcdAt(choice), passedOver: [] }
  if (choice !== 'auto') {
    if (choice in providers) return { etcd: null, passedOver: [] }
    throw new UsageError(
      `--etcd: expected auto, ${Object.keys(providers).join(', ')} or a URL such as http://127.0.0.1:2379, got ${JSON.stringify(choice)}`,
    )
  }
  const url = process.env.HOLDWATER_ETCD
  if (!url) return { etcd: null, passedOver: ['no URL (HOLDWATER_ETCD is not set)'] }
  try {
    return { etcd: await useEtcdAt(url), passedOver: [] }
  } catch (error) {
    const { cause = error } = error as Error
    return { etcd: null, passedOver: [`no URL (HOLDWATER_ETCD=${url}: ${messageOf(cause)})`] }
  }
}

/**
 * Starts an etcd of our own.
 * @param passedOver why none that runs already; what does not work here is added
 * @throws EnvironmentError when there is none; its message lists the ways to get one
 */
export async function startEtcd(
  choice: EtcdChoice,
  { passedOver, needs = { nodes: 1, tls: false, auth: false }, ...rest }: EtcdOptions,
): Promise<StartedEtcd & { passedOver: string[] }> {
  const tls = needs.tls ? await makeCertificates(rest.warden) : null
  try {
    const etcd = await startOne(choice, { ...rest, ...needs, tls }, passedOver)
    const dispose = etcd[Symbol.asyncDispose]
    return Object.assign(etcd, {
      async [Symbol.asyncDispose]() {
        await dispose()
        await tls?.release()
      },
    })
  } catch (error) {
    await tls?.release()
    throw error
  }
}

type EtcdOptions = Pick<StartOptions, 'warden' | 'say' | 'readyWithinMs'> & {
  passedOver: readonly string[]
  needs?: EtcdNeeds
}

async function startOne(choice: EtcdChoice, options: StartOptions, passedOver: readonly string[]) {
  const why = [...passedOver]
  for (const [name, start] of Object.entries(providers)) {
    if (choice !== 'auto' && choice !== name) continue
    const failed = failures.get(name)
    if (failed === undefined) {
      try {
        return Object.assign(await start(options), { passedOver: why })
      } catch (error) {
        if (!(error instanceof EnvironmentError)) throw error
        // Without another to turn to, the next scenario may well try again.
        if (choice !== 'auto') throw noEtcd(choice, [...why, `${name}: ${error.message}`])
        failures.set(name, error.message)
      }
    }
    why.push(failed === undefined ? `${name}: ${failures.get(name)}` : `${name}: not tried again`)
  }
  throw noEtcd(choice, why)
}

const noEtcd = (choice: EtcdChoice, why: readonly string[]) =>
  new EnvironmentError(
    [
      `This scenario needs a real etcd, and --etcd ${choice} gave none:`,
      ...why.map((line) => `  - ${line}`),
      'Either',
      '  - start a Docker engine that has or can pull an etcd image (HOLDWATER_ETCD_IMAGE names one; docs/etcd.md: how to make one)',
      onPath('etcd')
        ? '  - or take the etcd on the PATH: --etcd local'
        : `  - or put an etcd binary on the PATH: ${localEtcdHint()}`,
      '  - or name one that runs: --etcd http://127.0.0.1:2379',
    ].join('\n'),
  )
