/** The one door to a real etcd, however it can be had. */
import { EnvironmentError, UsageError } from '../errors.ts'
import type { Warden } from '../processes/warden.ts'
import { useEtcdAt } from './external.ts'
import { localEtcdMissing, startLocalEtcd } from './local.ts'
import type { StartedEtcd } from './started.ts'

/** `auto`, `local`, or a URL. */
export type EtcdChoice = string

/**
 * Starts or reaches an etcd.
 * @throws EnvironmentError when there is none; its message lists the ways to get one
 */
export async function startEtcd(choice: EtcdChoice, warden: Warden): Promise<StartedEtcd> {
  if (/^https?:\/\//.test(choice)) return useEtcdAt(choice)
  if (choice !== 'auto' && choice !== 'local')
    throw new UsageError(
      `--etcd: expected auto, local or a URL such as http://127.0.0.1:2379, got ${JSON.stringify(choice)}`,
    )
  const missing = localEtcdMissing()
  if (missing) throw new EnvironmentError(missing)
  return startLocalEtcd(warden)
}
