/** What each kind of fault does, and how it is undone: real signals to a real etcd, real bytes on the way to it. */
import { DNS_FAULTS, type Fault, type FaultKind, WIRE_FAULTS } from '../model.ts'
import type { Warden } from '../processes/warden.ts'
import { leaderOf } from './api.ts'
import { ETCD_NAME } from './certificates.ts'
import type { Server, StartedEtcd } from './started.ts'
import { openWire, type Wire } from './wire.ts'
import type { WireState } from './wire-process.ts'

/** A fault that can be brought about, and undone again. Both throw when they cannot. */
type Inflicted = {
  /** What happens, as the recording says it. */
  text: string
  begin(): Promise<void>
  end(): Promise<void>
}

type Parts = { etcd: StartedEtcd; wire: Wire } & Pick<Fault, 'byMs' | 'node'>

/** What a plan does not ask of an etcd that cannot do it. */
function has<Part>(part: Part | null, what: string): Part {
  if (part === null) throw new Error(`this etcd has no ${what}`)
  return part
}

/** Does something to the servers that a fault is about, and undoes it to the same ones. */
function toServers(
  { etcd, node }: Parts,
  what: string,
  begin: (server: Server) => Promise<void>,
  end: (server: Server) => Promise<void>,
): Inflicted {
  const { servers } = etcd
  if (servers.length === 0) throw new Error('this etcd is not ours to break')
  let broken: readonly Server[] = []
  const which = node === null ? 'etcd' : node === 'leader' ? 'the leader of etcd' : `node ${node} of etcd`
  return {
    text: `${which} is ${what}`,
    async begin() {
      const at = node === null ? null : node === 'leader' ? await leaderOf(etcd.endpoints) : node - 1
      broken = at === null ? servers : [servers[at] as Server]
      await Promise.all(broken.map(begin))
    },
    // Together: a cluster serves when most of it does.
    end: async () => void (await Promise.all(broken.map(end))),
  }
}

/** While a server is away nobody may listen in its place. */
function away(parts: Parts, signal: 'SIGTERM' | 'SIGKILL', what: string): Inflicted {
  const { wire, node } = parts
  const { text, begin, end } = toServers(
    parts,
    what,
    (server) => server.stop(signal),
    (server) => server.start(),
  )
  if (node !== null) return { text, begin, end }
  return {
    text,
    async begin() {
      await wire.set({ does: 'refuse' })
      await begin()
    },
    async end() {
      await end()
      await wire.set({})
    },
  }
}

const onWire = ({ wire }: Parts, state: Partial<WireState>, text: string): Inflicted => ({
  text,
  begin: () => wire.set(state),
  end: () => wire.set({}),
})

/** A new kind is one line here, and one in the model. */
const kinds: Readonly<Record<FaultKind, (parts: Parts) => Inflicted>> = {
  pause: (parts) =>
    toServers(
      parts,
      'paused',
      (server) => server.pause(),
      (server) => server.resume(),
    ),
  restart: (parts) => away(parts, 'SIGTERM', 'restarted'),
  kill: (parts) => away(parts, 'SIGKILL', 'killed'),
  refuse: (parts) => onWire(parts, { does: 'refuse' }, 'connections to etcd are refused'),
  reset: (parts) => onWire(parts, { does: 'reset' }, 'connections to etcd are reset'),
  blackhole: (parts) => onWire(parts, { does: 'blackhole' }, 'nothing gets through to etcd, or back'),
  delay: (parts) => onWire(parts, { delayMs: parts.byMs }, `answers of etcd are ${parts.byMs} ms late`),
  'dns-failure': (parts) => onWire(parts, { dns: 'fail' }, 'the name of etcd cannot be looked up'),
  'slow-dns': (parts) => onWire(parts, { dnsDelayMs: parts.byMs }, `the name of etcd is looked up in ${parts.byMs} ms`),
  'wrong-password'({ etcd }) {
    const { change, restore } = has(etcd.account, 'users')
    return { text: 'the password is another', begin: change, end: restore }
  },
  'expired-certificate'({ etcd }) {
    const { expire, renew } = has(etcd.tls, 'certificate')
    return { text: 'the certificate has expired', begin: async () => expire(), end: async () => renew() }
  },
}

export type Faults = AsyncDisposable & {
  /** Where the target finds its etcd, as host:port. */
  readonly hosts: readonly string[]
  /** The port of the DNS server that knows its name; null where it has none. */
  readonly dns: number | null
  inflict(fault: Fault): Inflicted
}

const noWire: Wire = { hosts: [], dns: 0, set: async () => {}, [Symbol.asyncDispose]: async () => {} }
const isOf = (kinds: readonly FaultKind[], faults: readonly Fault[]) =>
  faults.some(({ do: kind }) => kinds.includes(kind))

/** Makes ready for the faults of a plan. @throws EnvironmentError when there can be no proxy */
export async function openFaults(etcd: StartedEtcd, faults: readonly Fault[], warden: Warden): Promise<Faults> {
  const named = isOf(DNS_FAULTS, faults)
  const wired = named || isOf(WIRE_FAULTS, faults)
  const wire = wired ? await openWire(etcd.hosts, warden) : noWire
  const hosts = wired ? wire.hosts : etcd.hosts
  return {
    hosts: named ? hosts.map((host) => host.replace(/^.*:/, `${ETCD_NAME}:`)) : hosts,
    dns: named ? wire.dns : null,
    inflict: ({ do: kind, byMs, node }) => kinds[kind]({ etcd, wire, byMs, node }),
    [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
  }
}
