import type { EtcdIdentity } from '../model.ts'
import type { Warden } from '../processes/warden.ts'
import type { User } from './api.ts'
import type { Certificates } from './certificates.ts'

/** A server that is ours to break. */
export type Server = {
  /** It lives, and does nothing. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends it; what it has stored stays. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again on its port and its data. @throws when it does not come to serve */
  start(): Promise<void>
}

/** A user that the scenario is, whose password can be changed without it. */
export type Account = User & { change(): Promise<void>; restore(): Promise<void> }

/** An etcd that answers. */
export type StartedEtcd = Pick<EtcdIdentity, 'provider' | 'version' | 'endpoints' | 'pace'> & {
  readonly hosts: string[]
  /** Its processes, a node each, where we may look at them: the kernel can then be asked about them. */
  pids(): (number | null)[]
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  readonly pace: number | null
  /** Nobody else uses it, so what it holds is ours and may gate. */
  readonly exclusive: boolean
  /** Its certificates, with TLS; and the user that a scenario is, with authentication. */
  readonly tls: Certificates | null
  readonly account: Account | null
  /** A node each; none of an etcd that somebody else runs. */
  readonly servers: readonly Server[]
  /** Whether it answers now. */
  answers(): Promise<boolean>
  /** Resolves with a sentence when it dies unasked; never, where that cannot be seen. */
  readonly died: Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export type StartOptions = {
  warden: Warden
  /** Told before a long wait. */
  say: (text: string) => void
  /** What it serves with. */
  tls: Certificates | null
  /** Whoever asks has to be a user. */
  auth: boolean
  /** Members of its cluster. */
  nodes: number
  /** How long it may take to serve, ms. */
  readyWithinMs: number
}
