/** The users of an etcd with authentication: root, who asks for holdwater, and the user that a scenario is. */
import { randomBytes } from 'node:crypto'
import { askEtcd, reachEtcd } from './api.ts'
import type { Account } from './started.ts'

const WITHIN_MS = 10_000
const ROLE = 'everything'
const base64 = (plain: string) => Buffer.from(plain).toString('base64')
/** From the first key to the last. */
const ALL_KEYS = { key: base64('\0'), range_end: base64('\0') }
const newPassword = () => randomBytes(12).toString('hex')

/** Makes both users, each with a password of its own, and lets nobody else in from now on. */
export async function openAccount(endpoints: readonly string[], ca: string | null): Promise<Account> {
  const [endpoint = ''] = endpoints
  const ask = (path: string, body: object) => askEtcd(endpoint, `/v3/auth/${path}`, body, WITHIN_MS)
  const root = { username: 'root', password: newPassword() }
  const user = { username: 'holdwater', password: newPassword() }
  for (const { username, password } of [root, user]) await ask('user/add', { name: username, password })
  await ask('role/add', { name: 'root' })
  await ask('role/add', { name: ROLE })
  await ask('role/grant', { name: ROLE, perm: { permType: 'READWRITE', ...ALL_KEYS } })
  await ask('user/grant', { user: root.username, role: 'root' })
  await ask('user/grant', { user: user.username, role: ROLE })
  await ask('enable', {})
  for (const each of endpoints) reachEtcd(each, { ca, user: root })
  const become = async (password: string) => void (await ask('user/changepw', { name: user.username, password }))
  return { ...user, change: () => become(newPassword()), restore: () => become(user.password) }
}
