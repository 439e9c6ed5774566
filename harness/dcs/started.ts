import type { EtcdIdentity } from '../model.ts'

/** An etcd that answers. */
export type StartedEtcd = EtcdIdentity & {
  readonly hosts: string[]
  /** Its process, where we started it; the kernel can then be asked about it. */
  readonly pid: number | null
  /** Nobody else uses it, so what it holds is ours and may gate. */
  readonly exclusive: boolean
  /** Whether it answers now. */
  answers(): Promise<boolean>
  /** Resolves with a sentence when it dies; never, where that cannot be seen. */
  readonly died: Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}
