/** What of a plan is about its etcd: what it has to have, and what is done to it. Pure. */
import { UsageError } from './errors.ts'
import { DNS_FAULTS, type Fault, type FaultKind, type Plan, SERVER_FAULTS, startOf, WIRE_FAULTS } from './model.ts'
import type { ScenarioFields } from './scenario/description.ts'
import { overlapOf } from './scenario/faults.ts'

export type EtcdOptions = {
  /** Only an etcd that nobody else uses may fail a run. */
  exclusiveEtcd: boolean
  /** Faults that stand instead of the scenario's own. */
  faults?: readonly Fault[]
  /** Also on the way to an etcd that somebody else runs. */
  allowFaults?: boolean
}

/** @throws UsageError for what an etcd that somebody else runs may not have */
export function needsOf({ needs }: ScenarioFields, { exclusiveEtcd }: EtcdOptions, file: string): Plan['needs'] {
  const { nodes, tls, auth } = needs?.etcd || { nodes: 1, tls: false, auth: false }
  if ((nodes > 1 || tls || auth) && !exclusiveEtcd)
    throw new UsageError(
      `${file}: \`needs.etcd\` with \`nodes\`, \`tls\` or \`auth\`: expected an etcd that holdwater starts, with members, certificates and users of its own; leave out --etcd URL and HOLDWATER_ETCD`,
    )
  return { etcd: Boolean(needs?.etcd), nodes, tls, auth, command: needs?.command ?? null }
}

/**
 * What is typed stands instead of what the scenario says.
 * @throws UsageError for faults that cannot be, here
 */
export function faultsOf(
  fields: ScenarioFields,
  options: EtcdOptions,
  { file, cycles }: { file: string; cycles: number | null },
): Fault[] {
  const typed = options.faults ?? []
  const faults = typed.length > 0 ? [...typed] : (fields.faults ?? [])
  if (faults.length === 0) return []
  const refuse = (expected: string) =>
    new UsageError(`${typed.length > 0 ? '--fault' : `${file}: field \`faults\``}: ${expected}`)
  const first = Math.min(...faults.map((fault) => startOf(fault)))
  if (cycles !== null && first >= cycles)
    throw refuse(
      `expected a fault that begins within the run, which has ${cycles} cycles at most, got one at cycle ${first}`,
    )
  const meeting = overlapOf(faults)
  if (meeting) throw refuse(`expected faults that never meet, got: ${meeting}`)
  if (!fields.needs?.etcd) throw refuse('expected a scenario with `needs: { etcd: true }`: nothing else is broken')
  if (fields.cycleMark && faults.some(({ cycles }) => cycles !== null))
    throw refuse(
      'expected `for` instead of `cycles` or `during`: while etcd is away, a command may print no cycle at all',
    )
  const { nodes, tls, auth } = fields.needs.etcd
  const missing = faults.find(({ node }) => typeof node === 'number' && node > nodes)
  if (missing) throw refuse(`expected a node of this etcd, 1 to ${nodes}, got ${missing.node}`)
  if (nodes === 1 && faults.some(({ node }) => node === 'leader'))
    throw refuse('node=leader: expected a cluster, `needs: { etcd: { nodes: 3 } }`; a single etcd has no other to lead')
  const has = (kind: FaultKind) => faults.some((fault) => fault.do === kind)
  if (has('wrong-password') && !auth)
    throw refuse('wrong-password: expected a scenario with `needs: { etcd: { auth: true } }`')
  if (has('expired-certificate') && !tls)
    throw refuse('expired-certificate: expected a scenario with `needs: { etcd: { tls: true } }`')
  const dns = DNS_FAULTS.find(has)
  if (dns && fields.command)
    throw refuse(`${dns}: expected a scenario with \`cycle\`: only in a Node target can a name be looked up elsewhere`)
  if (options.exclusiveEtcd) return faults
  if (!options.allowFaults)
    throw refuse(
      'expected an etcd that holdwater starts: the one at that URL is not ours to break. Without --etcd URL and HOLDWATER_ETCD it has its own; --allow-faults breaks the way to that one all the same',
    )
  const [server] = faults.filter(({ do: kind }) => SERVER_FAULTS.some((name) => name === kind))
  if (server)
    throw refuse(
      `${server.do}: an etcd that is given by its URL cannot be ended or paused from here, only the way to it can be broken: ${WIRE_FAULTS.join(', ')}`,
    )
  return faults
}
