import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { collectorsOf } from './collector.ts'
import { procLacks } from './proc.ts'
import { onPath } from './start.ts'

const skipped = (lacks: string | null) => (lacks ? ` (skipped: ${lacks})` : '')

it.skipIf(procLacks)(`Node.js has none that closes files${skipped(procLacks)}`, () => {
  expect(collectorsOf([process.pid])).toEqual([])
  // One that has ended.
  expect(collectorsOf([2 ** 22 + 1])).toEqual([])
})

const lacksEtcd = procLacks ?? (onPath('etcd') ? null : 'needs etcd on the PATH: apt-get install etcd-server')
it.skipIf(lacksEtcd)(`Go has one: etcd is written in it${skipped(lacksEtcd)}`, async () => {
  const etcd = spawn('etcd', ['gateway', 'start', '--listen-addr', '127.0.0.1:0', '--endpoints', '127.0.0.1:1'])
  await once(etcd, 'spawn')
  expect(collectorsOf([process.pid, etcd.pid as number])).toEqual(['Go'])
  etcd.kill('SIGKILL')
  await once(etcd, 'exit')
})
