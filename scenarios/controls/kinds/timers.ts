import type { Kind } from '../twin.ts'

const LONG_MS = 1e8
type Timer = ReturnType<typeof setTimeout>

export const timer: Kind<undefined, Timer> = {
  what: 'a timeout',
  shows: ['timers'],
  open: () => setTimeout(() => {}, LONG_MS),
  close: clearTimeout,
}

export const unrefInterval: Kind<undefined, Timer> = {
  what: "an unref'd interval",
  shows: ['timers'],
  open: () => setInterval(() => {}, LONG_MS).unref(),
  close: clearInterval,
}
