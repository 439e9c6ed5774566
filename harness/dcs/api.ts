/** etcd v3 over its JSON gateway: what the harness itself asks, each with a deadline. */
import { Agent, request } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'

/** A user of an etcd, and their password. */
export type User = { readonly username: string; readonly password: string }

/** How an etcd is reached: one connection, kept open for the whole run, so that what the server counts does not move because we look. */
type Way = { agent: Agent; user: User | null; token: string | null }
const ways = new Map<string, Way>()

/** @param how the authority of its certificate, as PEM, and who asks; without, who asks is nobody */
export function reachEtcd(endpoint: string, { ca, user }: { ca: string | null; user: User | null }): void {
  leaveEtcd(endpoint)
  const kept = { keepAlive: true, maxSockets: 1 }
  const agent = endpoint.startsWith('https:') ? new TlsAgent({ ...kept, ...(ca ? { ca } : {}) }) : new Agent(kept)
  ways.set(endpoint, { agent, user, token: null })
}

class Refused extends Error {
  readonly status: number
  constructor(status: number, path: string, text: string) {
    super(`etcd answered ${status} to ${path}: ${text.slice(0, 200)}`)
    this.status = status
  }
}
const UNAUTHENTICATED = 401

/** @throws when there is no answer of status 200 within `deadlineMs` */
export async function askEtcd(
  endpoint: string,
  path: string,
  body: object | null,
  deadlineMs: number,
): Promise<string> {
  if (!ways.has(endpoint)) reachEtcd(endpoint, { ca: null, user: null })
  const way = ways.get(endpoint) as Way
  const ask = () => askAs(way.token, way.agent, new URL(path, endpoint), body, deadlineMs)
  if (!way.user || !body) return ask()
  const authenticate = async () => {
    const { username: name, password } = way.user as User
    const who = { name, password }
    const said = await askAs(null, way.agent, new URL('/v3/auth/authenticate', endpoint), who, deadlineMs)
    way.token = (JSON.parse(said) as { token: string }).token
  }
  if (way.token === null) await authenticate()
  try {
    return await ask()
  } catch (error) {
    // It forgets its tokens when it restarts.
    if (!(error instanceof Refused) || error.status !== UNAUTHENTICATED) throw error
    await authenticate()
    return ask()
  }
}

function askAs(token: string | null, agent: Agent, url: URL, body: object | null, deadlineMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? requestTls : request)(url, {
      method: body ? 'POST' : 'GET',
      agent,
      signal: AbortSignal.timeout(deadlineMs),
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(token === null ? {} : { authorization: token }),
      },
    })
    asked.once('error', reject)
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Refused(response.statusCode ?? 0, url.pathname, text))
      })
    })
    asked.end(body ? JSON.stringify(body) : undefined)
  })
}

/** Closes the connection that is kept to an endpoint; how it is reached stays known. */
export function hangUp(endpoint: string): void {
  ways.get(endpoint)?.agent.destroy()
}

/** Closes what askEtcd kept open to an endpoint. */
export function leaveEtcd(endpoint: string): void {
  hangUp(endpoint)
  ways.delete(endpoint)
}

const LEADER_WITHIN_MS = 5000
type StatusAnswer = { header: { member_id: string }; leader?: string }

/** Which of the members leads: its place among the endpoints. @throws when nobody says so */
export async function leaderOf(endpoints: readonly string[]): Promise<number> {
  const told = await Promise.all(
    endpoints.map((endpoint) =>
      askEtcd(endpoint, '/v3/maintenance/status', {}, LEADER_WITHIN_MS).then(
        (said) => JSON.parse(said) as StatusAnswer,
        () => null,
      ),
    ),
  )
  const leader = told.findLast((status) => status?.leader)?.leader
  const at = told.findIndex((status) => status !== null && status.header.member_id === leader)
  if (at === -1) throw new Error('no member of etcd says which of them leads')
  return at
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
