import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hasEtcd, needsEtcd, scratch } from '../../tests/holdwater.ts'
import { askEtcd } from '../dcs/api.ts'
import { freePorts } from '../dcs/member.ts'
import { openServerView } from './server.ts'

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
