import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { collectorsOf, languagesIn } from './collector.ts'
import { procLacks } from './proc.ts'
import { onPath } from './start.ts'

const skipped = (lacks: string | null) => (lacks ? ` (skipped: ${lacks})` : '')

it.skipIf(procLacks)(`Node.js has none that closes files${skipped(procLacks)}`, () => {
  expect(collectorsOf([process.pid])).toEqual([])
  // One that has ended.
  expect(collectorsOf([2 ** 22 + 1])).toEqual([])
})

it.each([
  ['Ruby', '/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1.2'],
  ['Ruby', '/opt/ruby/bin/ruby'],
  ['Java', '/usr/lib/jvm/java-21-openjdk-amd64/lib/server/libjvm.so'],
  ['.NET', '/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.8/libcoreclr.so'],
])('%s has one, by what it maps: %s', (language, file) => {
  const line = (path: string) => `7f0000000000-7f0000001000 r-xp 00000000 fe:00 1234    ${path}\n`
  expect(languagesIn(line('/usr/lib/libc.so.6') + line(file) + line('/usr/lib/libm.so.6'))).toEqual([language])
  expect(languagesIn(line('/usr/lib/libc.so.6') + line(`${file}.txt`))).toEqual([])
})

const lacksEtcd = procLacks ?? (onPath('etcd') ? null : 'needs etcd on the PATH: apt-get install etcd-server')
it.skipIf(lacksEtcd)(`Go has one: etcd is written in it${skipped(lacksEtcd)}`, async () => {
  const etcd = spawn('etcd', ['gateway', 'start', '--listen-addr', '127.0.0.1:0', '--endpoints', '127.0.0.1:1'])
  await once(etcd, 'spawn')
  expect(collectorsOf([process.pid, etcd.pid as number])).toEqual(['Go'])
  etcd.kill('SIGKILL')
  await once(etcd, 'exit')
})
