/** etcd in a container, by a real Docker engine, and what `--etcd auto` says of it. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bearing,
  etcdImage,
  fixture,
  hasDocker,
  hasEtcd,
  holdwater,
  needsDocker,
  needsEtcd,
  noEngine,
  scratch,
  start,
} from './holdwater.ts'

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim()
const words = (text: string) => text.replace(/\s+/g, ' ')
const onEtcd = fixture('on-etcd.mjs')

/** A tag of its own for one test's image, so that its containers are told from those of other tests. */
const tags: string[] = []
function tagged(image: string): { HOLDWATER_ETCD_IMAGE: string } {
  const own = `holdwater-test:${process.pid}-${tags.length}`
  docker('tag', image, own)
  tags.push(own)
  return { HOLDWATER_ETCD_IMAGE: own }
}
const containersOf = ({ HOLDWATER_ETCD_IMAGE }: { HOLDWATER_ETCD_IMAGE: string }) =>
  docker('ps', '--all', '--format', '{{.Image}} {{.ID}}')
    .split('\n')
    .filter((line) => line.startsWith(`${HOLDWATER_ETCD_IMAGE} `))
    .map((line) => line.split(' ')[1] as string)

const neverServes = 'holdwater-test:never-serves'

describe.skipIf(!hasDocker)(`etcd in a container${needsDocker}`, () => {
  beforeAll(() => {
    execFileSync('sh', ['tools/image.sh', neverServes, 'sh', 'sleep', fixture('never-serves/etcd')])
  })

  afterAll(() => {
    docker('rmi', neverServes, ...tags)
  })

  it('is what auto takes first, on the host’s network, with its connections counted', async () => {
    const env = tagged(etcdImage)
    const { stdout, results, tmp } = await holdwater(['run', onEtcd, '--cycles', '20'], env)
    expect(words(stdout)).toMatch(
      /etcd [\d.]+: in a container, http:\/\/127\.0\.0\.1:\d+; no URL \(HOLDWATER_ETCD is not/,
    )
    expect(results?.runs[0]?.etcd).toMatchObject({ provider: 'docker', pace: null })
    expect(results?.runs[0]?.resources.find(({ name }) => name === 'etcd.connections')?.end).not.toBeNull()
    expect([containersOf(env), readdirSync(tmp), bearing(tmp)]).toEqual([[], [], []])
  })

  it('through a published port, on loopback and paced, where the host’s network is another', async () => {
    const env = { ...tagged(etcdImage), HOLDWATER_ETCD_NETWORK: 'published' }
    const { out, tmp } = scratch()
    const run = start(['run', onEtcd, '--etcd', 'docker', '--for', '60s', '--out', out], { ...env, TMPDIR: tmp })
    await run.until('Node ')
    expect(words(run.output())).toMatch('through a published port, so at most 200 cycles a second')
    const [id = ''] = containersOf(env)
    expect(docker('port', id)).toMatch(/^2379\/tcp -> 127\.0\.0\.1:\d+$/)
    await run.until(/per second/)
    expect(Number(/(\d+) per second/.exec(run.output())?.[1])).toBeLessThanOrEqual(200)
    run.child.kill('SIGINT')
    await run.finished
    expect(containersOf(env)).toEqual([])
  })

  it('that dies makes the run inconclusive', async () => {
    const env = tagged(etcdImage)
    const { out, tmp } = scratch()
    const run = start(['run', onEtcd, '--for', '60s', '--out', out], { ...env, TMPDIR: tmp })
    await run.until('Node ')
    docker('kill', ...containersOf(env))
    const { code, stdout } = await run.finished
    expect(code).toBe(4)
    expect(stdout).toMatch('Etcd died (exit code 137)')
    expect(containersOf(env)).toEqual([])
  })

  it('kill -9 of holdwater at ten moments leaves no container', async () => {
    let made = 0
    for (let i = 0; i < 10; i++) {
      const env = tagged(etcdImage)
      const { out, tmp } = scratch()
      const run = start(['run', onEtcd, '--etcd', 'docker', '--for', '60s', '--out', out], { ...env, TMPDIR: tmp })
      // From before there is one to when the cycles run.
      if (i % 2 === 1) while (containersOf(env).length === 0) await wait(5)
      await wait(i * 100)
      made += containersOf(env).length
      run.child.kill('SIGKILL')
      await run.finished
      while (bearing(tmp).length > 0 || readdirSync(tmp).length > 0) await wait(20)
      expect(containersOf(env)).toEqual([])
    }
    expect(made).toBeGreaterThanOrEqual(5)
  })

  it('an image that is not here and cannot be pulled: says so, and what to set', async () => {
    const HOLDWATER_ETCD_IMAGE = 'localhost:1/no-such-image:1'
    const { code, stderr } = await holdwater(['run', onEtcd, '--etcd', 'docker'], { HOLDWATER_ETCD_IMAGE })
    expect(code).toBe(2)
    expect(stderr).toMatch('the image localhost:1/no-such-image:1 is not here and cannot be pulled: ')
    expect(stderr).toMatch('HOLDWATER_ETCD_IMAGE names another')
  })

  it('a network that is none: says what was expected', async () => {
    const env = { ...tagged(etcdImage), HOLDWATER_ETCD_NETWORK: 'bridge' }
    const { code, stderr } = await holdwater(['run', onEtcd, '--etcd', 'docker'], env)
    expect(code).toBe(2)
    expect(stderr).toMatch('HOLDWATER_ETCD_NETWORK: expected host or published, got "bridge"')
  })

  it('an image that starts but never serves: says so, with its last words, and leaves nothing', async () => {
    const env = tagged(neverServes)
    const { code, stderr } = await holdwater(['run', onEtcd, '--etcd', 'docker', '--start-timeout', '3s'], env)
    expect(code).toBe(2)
    expect(stderr).toMatch('did not start: it did not serve within 3 s')
    expect(stderr).toMatch('waiting for nothing')
    expect(containersOf(env)).toEqual([])
  })

  it.skipIf(!hasEtcd)(`auto goes on to the local binary and says why${needsEtcd}`, async () => {
    const env = tagged(neverServes)
    const { stdout } = await holdwater(['run', onEtcd, '--cycles', '20', '--start-timeout', '3s'], env)
    expect(words(stdout)).toMatch(/the etcd on the PATH, .*docker: an etcd in a container .* did not serve within 3 s/)
  })
})

describe.skipIf(!hasEtcd)(`--etcd auto without a Docker engine${needsEtcd}`, () => {
  it('takes the local binary, and says why nothing before it', async () => {
    const { stdout } = await holdwater(['run', onEtcd, '--cycles', '20'], {
      ...noEngine,
      HOLDWATER_ETCD: 'http://127.0.0.1:1',
    })
    expect(words(stdout)).toMatch(
      /the etcd on the PATH, \S+; no URL \(HOLDWATER_ETCD=http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/,
    )
    expect(words(stdout)).toMatch('docker: no Docker engine answers')
  })

  it('--etcd docker is an error that lists the ways', async () => {
    const { code, stderr } = await holdwater(['run', onEtcd, '--etcd', 'docker'], noEngine)
    expect(code).toBe(2)
    expect(stderr).toMatch('docker: no Docker engine answers')
    expect(stderr).toMatch('--etcd http://127.0.0.1:2379')
  })
})
