import type { EtcdIdentity } from '../model.ts'
import type { Warden } from '../processes/warden.ts'

/** An etcd that answers. */
export type StartedEtcd = Pick<EtcdIdentity, 'provider' | 'version' | 'endpoints' | 'pace'> & {
  readonly hosts: string[]
  /** Its process, where we started it; the kernel can then be asked about it. */
  readonly pid: number | null
  /** Cycles per second that its way of being reached bears; null: as fast as they come. */
  readonly pace: number | null
  /** Nobody else uses it, so what it holds is ours and may gate. */
  readonly exclusive: boolean
  /** Whether it answers now. */
  answers(): Promise<boolean>
  /** Resolves with a sentence when it dies; never, where that cannot be seen. */
  readonly died: Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export type StartOptions = {
  warden: Warden
  /** Told before a long wait. */
  say: (text: string) => void
  /** How long it may take to serve, ms. */
  readyWithinMs: number
}
