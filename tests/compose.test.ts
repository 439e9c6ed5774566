/** docker-compose.yml, run as a person runs it: the soak in a container beside its etcd, within its limits. */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts } from '../harness/dcs/member.ts'
import { hasDocker, hasImage, needsDocker } from './holdwater.ts'

/** `docker compose`, or the `docker-compose` of older distributions. */
function findCompose(): string[] | null {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    try {
      execFileSync(command[0] as string, [...command.slice(1), 'version'], { stdio: 'ignore' })
      return command
    } catch {
      // the other one
    }
  }
  return null
}
const compose = findCompose()
const nodeImage = process.env.HOLDWATER_NODE_IMAGE ?? 'node:24-bookworm-slim'
const has = hasDocker && compose !== null && hasImage(nodeImage)
const needs = has
  ? ''
  : needsDocker ||
    ` (skipped: no docker compose, or no image ${nodeImage}; pull it, or make one: sh tools/image.sh NAME sh setpriv prlimit mkfifo $PWD/node_modules/node/bin/node, and set HOLDWATER_NODE_IMAGE)`

describe.skipIf(!has)(`docker compose${needs}`, () => {
  const project = `holdwater-test-${process.pid}`
  let env: NodeJS.ProcessEnv
  const run = (...args: string[]) => {
    const [command = '', ...before] = compose ?? []
    return execFileSync(command, [...before, '-p', project, ...args], { env, encoding: 'utf8', stdio: 'pipe' })
  }
  beforeAll(async () => {
    const [port] = await freePorts(1)
    env = { ...process.env, HOLDWATER_ETCD_PORT: String(port) }
  })
  afterAll(() => {
    run('down', '--volumes')
  })

  it('soaks on the etcd beside it and leaves the report in a mounted folder', () => {
    const report = resolve('holdwater-report/in-a-container')
    rmSync(report, { recursive: true, force: true })
    const out = run(
      'run',
      '--rm',
      'soak',
      'run',
      'etcd3/put',
      // It is about the containers: what a busy machine closes late, and a young heap, would take minutes to tell.
      '--cycles',
      '2000',
      '--resolution',
      '1/10',
      '--budget',
      'heap=off',
      '--budget',
      'external=off',
      '--out',
      'holdwater-report/in-a-container',
    )
    expect(out).toMatch('an etcd that was already running, http://etcd:2379')
    const { runs, host } = JSON.parse(readFileSync(`${report}/results.json`, 'utf8'))
    expect(runs[0]).toMatchObject({ verdict: 'clean', failedCycles: 0 })
    // The container's limit is the machine that the guards are drawn from.
    expect(host.memory).toBe(4 * 1024 ** 3)
  })

  it('shows a crash: in a container, too, a target meets its own limit first', () => {
    const limit = ['--limit', 'threads=40', '--until', 'crash', '--explain', 'never', '--reporter', 'terminal']
    const out = run('run', '--rm', 'soak', 'run', 'controls/worker.leaky', ...limit, '--out', '/tmp/out')
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /Crashed after \d+ cycles, .*ERR_WORKER_INIT_FAILED.*at the limit of 40 threads/,
    )
  })

  it('limits threads and memory, and serves etcd on loopback alone', () => {
    // As the kernel has them, cgroup v2 or v1.
    const read = `const { readFileSync: read } = require('fs'); const first = (...paths) => { for (const path of paths)
      try { return read(path, 'utf8').trim() } catch {} }
      console.log(first('/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'),
        first('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'))`
    expect(run('run', '--rm', '--entrypoint', 'node', 'soak', '-e', read).trim()).toBe(`4096 ${4 * 1024 ** 3}`)
    run('up', '-d', 'etcd')
    expect(run('port', 'etcd', '2379').trim()).toBe(`127.0.0.1:${env.HOLDWATER_ETCD_PORT}`)
  })
})
