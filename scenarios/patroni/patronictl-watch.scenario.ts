/**
 * The real program that holdwater began with: `patronictl list -W`, which shows the cluster again and again. Before
 * 4.0.4 every refresh made an etcd client (`get_dcs`), each client started a `DnsCachingResolver` thread in its
 * constructor, and nobody stopped either: one thread a refresh. From 4.0.4 on `get_dcs` keeps one client per
 * (scope, group) for as long as the process lives (patroni issue 3202, fixed by 3205). So this scenario passes or
 * fails with the Patroni that is installed; `PATRONICTL` names another than the one on the PATH.
 *
 * `setup` puts the three keys into etcd that a table needs: no PostgreSQL and no Patroni daemon has to run.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defineScenario } from 'holdwater'
import { OwningClient } from '../dcs-client/owning-client.ts'

const patronictl = process.env.PATRONICTL || 'patronictl'
const scope = 'demo'
const member = 'node1'
const keys = {
  initialize: '7000000000000000001',
  leader: member,
  [`members/${member}`]: JSON.stringify({
    conn_url: 'postgres://127.0.0.1:5432/postgres',
    api_url: 'http://127.0.0.1:8008/patroni',
    state: 'running',
    role: 'master',
    version: '4.0.0',
    xlog_location: 67393608,
    timeline: 1,
  }),
}

/** One table, before anything is measured: says what is wrong with a Patroni that cannot make it. */
async function tryOnce(config: string): Promise<void> {
  const { stdout } = await promisify(execFile)(patronictl, ['-c', config, 'list', scope]).catch((error) => {
    const said = `${error.stderr || error.message}`.trim()
    if (!said.includes('Can not find suitable configuration')) throw new Error(`${patronictl} list fails: ${said}`)
    throw new Error(
      `this Patroni has no etcd3 support; pip install 'patroni[etcd3,psycopg3]' (${patronictl} says: ${said})`,
    )
  })
  if (!stdout.includes(member)) throw new Error(`${patronictl} list shows no ${member}:\n${stdout}`)
}

export default defineScenario({
  title: 'patronictl list -W: the real program, refreshing every 50 ms',
  needs: { etcd: true, command: patronictl },
  install: "Install Patroni with etcd3 support: pip install 'patroni[etcd3,psycopg3]'; or name one: PATRONICTL=PATH",
  // It makes 5 to 7 refreshes a second: one leak in 1,000 would take an hour to rule out.
  resolution: '1/50',
  for: '3m',
  async setup({ etcd, dir }) {
    const [endpoint = ''] = etcd.endpoints
    await using client = new OwningClient(endpoint)
    for (const [key, value] of Object.entries(keys)) await client.put(`/service/${scope}/${key}`, value)
    const config = join(dir, 'patroni.yml')
    // JSON is YAML, too.
    writeFileSync(config, JSON.stringify({ scope, namespace: '/service/', name: member, etcd3: { hosts: etcd.hosts } }))
    await tryOnce(config)
    return config
  },
  command: ({ fixture: config }) => [patronictl, '-c', config, 'list', '-w', '0.05', '-W', scope],
  cadence: '2s', // its default interval; here it refreshes as fast as it can
  cycleMark: /^\+ Cluster:/,
})
