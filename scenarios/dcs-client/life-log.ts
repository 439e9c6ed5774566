/**
 * What the long-lived components beside this file say of themselves: one structured line (pino) when they start, one
 * now and then while they live, and one when they stop, so that a component that nobody stops is seen in a log. Off in
 * measured runs: without `HOLDWATER_LOG=info` the library is not even loaded. Lines go to stdout, which holdwater keeps
 * in stdout.log beside the recording. `HOLDWATER_LOG_EVERY` is the interval in ms, 10,000 unless set.
 */
const level = process.env.HOLDWATER_LOG
const log = level ? await openLog(level) : null
const INTERVAL_MS = Number(process.env.HOLDWATER_LOG_EVERY ?? 10_000)
let started = 0

/** Written at once: a target is ended after its teardown, and pino's default would lose what it still holds. */
async function openLog(level: string) {
  const { pino } = await import('pino')
  return pino({ name: 'dcs-client', level }, pino.destination({ fd: 1, sync: true }))
}

/** A component's life in the log; `stopped` ends it. */
export type LifeLog = { stopped(): void }
const silent: LifeLog = { stopped() {} }

/**
 * Logs that a component has started.
 * @param state what is worth knowing of it while it lives and when it stops
 */
export function logLife(component: string, state: () => Record<string, unknown>): LifeLog {
  if (!log) return silent
  const child = log.child({ component, id: ++started })
  const since = Date.now()
  child.info('started')
  const interval = setInterval(() => child.info(state(), 'running'), INTERVAL_MS).unref()
  return {
    stopped() {
      clearInterval(interval)
      child.info({ ...state(), livedMs: Date.now() - since }, 'stopped')
    },
  }
}
