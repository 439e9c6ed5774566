/** etcd v3 over its JSON gateway: what the harness itself asks, each with a deadline. */
import { Agent, request } from 'node:http'
import { request as requestTls } from 'node:https'

/** One connection, kept open for the whole run, so that what the server counts does not move because we look. */
const agents = new Map<string, Agent>()

function agentOf(endpoint: string): Agent {
  const agent = agents.get(endpoint) ?? new Agent({ keepAlive: true, maxSockets: 1 })
  agents.set(endpoint, agent)
  return agent
}

/** @throws when there is no answer of status 200 within `deadlineMs` */
export function askEtcd(endpoint: string, path: string, body: object | null, deadlineMs: number): Promise<string> {
  const url = new URL(path, endpoint)
  const agent = url.protocol === 'http:' ? agentOf(endpoint) : undefined
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? requestTls : request)(url, {
      method: body ? 'POST' : 'GET',
      ...(agent ? { agent } : {}),
      signal: AbortSignal.timeout(deadlineMs),
      headers: body ? { 'content-type': 'application/json' } : {},
    })
    asked.once('error', reject)
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`etcd answered ${response.statusCode} to ${path}: ${text.slice(0, 200)}`))
      })
    })
    asked.end(body ? JSON.stringify(body) : undefined)
  })
}

/** Closes what askEtcd kept open to an endpoint. */
export function leaveEtcd(endpoint: string): void {
  agents.get(endpoint)?.destroy()
  agents.delete(endpoint)
}

/** Whether somebody answers there within `deadlineMs`. */
export const etcdAnswers = (endpoint: string, deadlineMs: number): Promise<boolean> =>
  etcdVersion(endpoint, deadlineMs).then(
    () => true,
    () => false,
  )

/** The server's version. @throws when nobody answers, or somebody who is not etcd */
export async function etcdVersion(endpoint: string, deadlineMs: number): Promise<string> {
  const { etcdserver } = JSON.parse(await askEtcd(endpoint, '/version', null, deadlineMs)) as { etcdserver?: string }
  if (!etcdserver) throw new Error('the answer to /version is not an etcd server’s')
  return etcdserver
}
