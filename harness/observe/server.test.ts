import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hasEtcd, needsEtcd, scratch } from '../../tests/holdwater.ts'
import { askEtcd, leaderOf } from '../dcs/api.ts'
import { startEtcd } from '../dcs/etcd.ts'
import { freePorts } from '../dcs/member.ts'
import { startWarden } from '../processes/warden.ts'
import { openServerView } from './server.ts'

it.skipIf(!hasEtcd)(`watchers and connections are counted over all nodes of a cluster${needsEtcd}`, async () => {
  await using warden = await startWarden()
  const needs = { nodes: 3, tls: false, auth: false }
  await using etcd = await startEtcd('local', { warden, say() {}, readyWithinMs: 30_000, passedOver: [], needs })
  const view = await openServerView(etcd)
  const watches = await Promise.all(
    etcd.endpoints.map(async (endpoint) => {
      const asked = request(new URL('/v3/watch', endpoint), { method: 'POST' })
      asked.on('error', () => {}).end(JSON.stringify({ create_request: { key: 'YQ==' } }))
      const [response] = await once(asked, 'response')
      await once(response, 'data')
      return asked
    }),
  )
  expect((await view.read()).readings).toMatchObject({ 'etcd.watchers': 3, 'etcd.leases': 0, 'etcd.keys': 0 })
  const leader = await leaderOf(etcd.endpoints)
  await etcd.servers[leader]?.stop('SIGKILL')
  while ((await leaderOf(etcd.endpoints).catch(() => leader)) === leader);
  await etcd.servers[leader]?.start()
  expect((await view.read()).reset).toMatchObject({ kind: 'server-restart' })
  for (const watch of watches) watch.destroy()
})

it.skipIf(!hasEtcd)(`what an etcd forgets is told: restarted, or without its data${needsEtcd}`, async () => {
  const [client, peer] = await freePorts(2)
  const endpoint = `http://127.0.0.1:${client}`
  const dir = scratch().tmp
  /** Resolves when it serves. */
  const start = async (data: string) => {
    const url = `http://127.0.0.1:${peer}`
    const flags = {
      'data-dir': join(dir, data),
      'listen-client-urls': endpoint,
      'advertise-client-urls': endpoint,
      'listen-peer-urls': url,
    }
    const etcd = spawn(
      'etcd',
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    await new Promise<void>((ready, failed) => {
      etcd.stderr.on('data', (text) => /ready to serve client requests/.test(String(text)) && ready())
      etcd.once('exit', (code) => failed(new Error(`etcd left with exit code ${code}`)))
    })
    return async () => {
      etcd.kill('SIGKILL')
      await once(etcd, 'exit')
    }
  }
  const put = () => askEtcd(endpoint, '/v3/kv/put', { key: 'YQ==', value: 'YQ==' }, 2000)

  let stop = await start('one')
  await put()
  const view = await openServerView({ endpoints: [endpoint], pids: () => [null] })
  expect(await view.read()).toMatchObject({ reset: null, readings: { 'etcd.keys': 0 } })
  await stop()
  stop = await start('one')
  expect(await view.read()).toMatchObject({
    reset: { kind: 'server-restart' },
    readings: { 'etcd.keys': 0 },
  })
  expect(await view.read()).toMatchObject({ reset: null })
  await stop()
  stop = await start('two')
  expect(await view.read()).toMatchObject({
    reset: { kind: 'server-reset', text: expect.stringMatching(/lost its data/) },
    readings: { 'etcd.keys': -1 },
  })
  await stop()
  expect(await view.read()).toMatchObject({ reset: null, readings: { 'etcd.keys': null } })
})
