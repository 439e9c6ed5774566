/** Something a person typed or wrote cannot be used: says what was expected, what came, what to change. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The machine lacks what the run needs (an etcd, a Node, a writable folder): says how to get it. Exit code 2. */
export class EnvironmentError extends Error {
  override name = 'EnvironmentError'
}

/** What the scenario is about is not on this machine: it is skipped, and the message says how to get it. */
export class SkippedError extends Error {
  override name = 'SkippedError'
  readonly title: string
  constructor(message: string, { title }: { title: string }) {
    super(message)
    this.title = title
  }
}

/** The target did not do what it was asked: it threw, hung or left. */
export class TargetError extends Error {
  override name = 'TargetError'
  /** What the target was asked for when it failed. */
  readonly during: string
  /** Where in the scenario it was thrown; null when the target hung or left instead. */
  readonly scenarioStack: string | null
  constructor(during: string, message: string, scenarioStack: string | null = null) {
    super(message)
    this.during = during
    this.scenarioStack = scenarioStack
  }
}

/** An error's message, whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
