/** What each kind of fault does, and how it is undone: real signals to a real etcd, real bytes on the way to it. */
import { type Fault, type FaultKind, WIRE_FAULTS } from '../model.ts'
import type { Warden } from '../processes/warden.ts'
import type { StartedEtcd } from './started.ts'
import { openWire, type Wire } from './wire.ts'
import type { WireState } from './wire-process.ts'

/** A fault that can be brought about, and undone again. Both throw when they cannot. */
type Inflicted = {
  /** What happens, as the recording says it. */
  text: string
  begin(): Promise<void>
  end(): Promise<void>
}

const forward: WireState = { does: 'forward', delayMs: 0 }

type Parts = { server: NonNullable<StartedEtcd['server']>; wire: Wire; byMs: number }

/** While the server is away nobody may listen in its place. */
const away = ({ server, wire }: Parts, signal: 'SIGTERM' | 'SIGKILL', text: string): Inflicted => ({
  text,
  async begin() {
    await wire.set({ ...forward, does: 'refuse' })
    await server.stop(signal)
  },
  async end() {
    await server.start()
    await wire.set(forward)
  },
})

const onWire = ({ wire }: Parts, state: Partial<WireState>, text: string): Inflicted => ({
  text,
  begin: () => wire.set({ ...forward, ...state }),
  end: () => wire.set(forward),
})

/** A new kind is one line here, and one in the model. */
const kinds: Readonly<Record<FaultKind, (parts: Parts) => Inflicted>> = {
  pause: ({ server }) => ({ text: 'etcd is paused', begin: server.pause, end: server.resume }),
  restart: (parts) => away(parts, 'SIGTERM', 'etcd is restarted'),
  kill: (parts) => away(parts, 'SIGKILL', 'etcd is killed'),
  refuse: (parts) => onWire(parts, { does: 'refuse' }, 'connections to etcd are refused'),
  reset: (parts) => onWire(parts, { does: 'reset' }, 'connections to etcd are reset'),
  blackhole: (parts) => onWire(parts, { does: 'blackhole' }, 'nothing gets through to etcd, or back'),
  delay: (parts) => onWire(parts, { delayMs: parts.byMs }, `answers of etcd are ${parts.byMs} ms late`),
}

export type Faults = AsyncDisposable & {
  /** Where the target finds its etcd, as host:port. */
  readonly hosts: readonly string[]
  inflict(fault: Fault): Inflicted
}

const noWire: Wire = { hosts: [], set: async () => {}, [Symbol.asyncDispose]: async () => {} }
const noServer = (): Promise<never> => Promise.reject(new Error('this etcd is not ours to end'))
const notOurs: Parts['server'] = { pause: noServer, resume: noServer, stop: noServer, start: noServer }

/** Makes ready for the faults of a plan. @throws EnvironmentError when there can be no proxy */
export async function openFaults(etcd: StartedEtcd, faults: readonly Fault[], warden: Warden): Promise<Faults> {
  const wired = faults.some(({ do: kind }) => WIRE_FAULTS.some((name) => name === kind))
  const wire = wired ? await openWire(etcd.hosts, warden) : noWire
  return {
    hosts: wired ? wire.hosts : etcd.hosts,
    inflict: ({ do: kind, byMs }) => kinds[kind]({ server: etcd.server ?? notOurs, wire, byMs }),
    [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
  }
}
