/** An etcd that somebody else runs, at a URL. Others may use it, so what it holds does not gate. */
import { EnvironmentError, messageOf } from '../errors.ts'
import { etcdAnswers, etcdVersion, leaveEtcd } from './api.ts'
import type { StartedEtcd } from './started.ts'

const ANSWER_WITHIN_MS = 5000

export async function useEtcdAt(address: string): Promise<StartedEtcd> {
  let endpoint: string
  let version: string
  try {
    endpoint = new URL(address).origin
    version = await etcdVersion(endpoint, ANSWER_WITHIN_MS)
  } catch (error) {
    throw new EnvironmentError(
      `--etcd ${address}: expected an etcd that answers there, got: ${messageOf(error)}.\n` +
        `  Check it with: curl ${address.replace(/\/$/, '')}/version`,
      { cause: error },
    )
  }
  return {
    provider: 'url',
    version,
    endpoints: [endpoint],
    hosts: [new URL(endpoint).host],
    pids: () => [null],
    pace: null,
    exclusive: false,
    tls: null,
    account: null,
    servers: [],
    died: new Promise(() => {}),
    answers: () => etcdAnswers(endpoint, ANSWER_WITHIN_MS),
    async [Symbol.asyncDispose]() {
      leaveEtcd(endpoint)
    },
  }
}
