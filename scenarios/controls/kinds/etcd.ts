/** What etcd holds for its clients, asked for over its JSON gateway: no client library of ours or others has a part in it. */
import { Agent, type ClientRequest, request } from 'node:http'
import type { Kind } from '../twin.ts'

const needs = { etcd: true } as const
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let endpoint = ''
const connect = ({ etcd }: { etcd: { endpoints: readonly string[] } }) => {
  endpoint = etcd.endpoints[0] ?? ''
}
const base64 = (plain: string) => Buffer.from(plain).toString('base64')

function ask(path: string, body: object): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, endpoint), { method: 'POST', agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))))
    })
    asked.on('error', reject).end(JSON.stringify(body))
  })
}

export const lease: Kind<void, string> = {
  what: 'a lease',
  shows: ['etcd.leases'],
  needs,
  setup: connect,
  open: async () => (await ask('/v3/lease/grant', { TTL: 600 })).ID ?? '',
  close: (opened) => ask('/v3/lease/revoke', { ID: opened }),
}

/** A stream of its own each, as a client that is never closed has it. */
export const watcher: Kind<void, ClientRequest> = {
  what: 'a watcher',
  shows: ['etcd.watchers'],
  needs,
  setup: connect,
  open: () =>
    new Promise((resolve, reject) => {
      // The global agent sets each socket a timer of 5 s, which is no leak: it is gone by itself, on a busy machine sooner than it is judged.
      const opened = request(new URL('/v3/watch', endpoint), { method: 'POST', agent: false }, (response) => {
        response.on('error', () => {}).once('data', () => resolve(opened))
      })
      opened.on('error', reject).end(JSON.stringify({ create_request: { key: base64('watched') } }))
    }),
  close: (opened) =>
    new Promise<void>((resolve) => {
      opened.once('close', () => resolve())
      opened.destroy()
    }),
}

export const key: Kind<void, string> = {
  what: 'a key',
  shows: ['etcd.keys'],
  needs,
  setup: connect,
  async open({ index }) {
    const opened = base64(`key-${index}`)
    await ask('/v3/kv/put', { key: opened, value: base64('1') })
    return opened
  },
  close: (opened) => ask('/v3/kv/deleterange', { key: opened }),
}
