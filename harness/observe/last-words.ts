/** Why a scenario's process left, as far as anybody can say. Pure. */
import type { Exit } from '../processes/start.ts'
import type { News } from './protocol.ts'

/** How a process left, in words. */
export const told = ({ code, signal }: Exit): string =>
  signal ? `was ended by ${signal}` : `left with exit code ${code}`

/** What it told of its end, by itself. */
export type Farewell = Extract<News, { tells: 'dying' | 'exiting' }>

/** What the probe writes when it loses its channel: it ends the process then, for it takes the harness for dead. */
const CLOSED = /^holdwater: the channel of this process is closed$/m
/** How Node and V8 begin to say that they give up. */
const GIVES_UP =
  /^.*?(FATAL ERROR: .+|Fatal (?:process |JavaScript )?(?:error|out of memory).*|Check failed: .+|Assertion .+ failed\.?)$/gim
/** None of them says it at greater length. */
const LONGEST = 500

/** Its path and line. */
const PLACE = /([^/(]+:\d+):\d+\)?$/

/** `process.exit(7) was called at main.mjs:2, after an uncaught error: database gone` */
export function exitText({ code, inCycle, at, handled }: Extract<Farewell, { tells: 'exiting' }>): string {
  const place = PLACE.exec(at ?? '')?.[1]
  const why = handled === null ? (inCycle ? ' in a cycle' : '') : `, after an ${handled}`
  return `process.exit(${code}) was called${place === undefined ? '' : ` at ${place}`}${why}`
}

/** @param stderr the end of what it wrote there */
export function lastWords(exit: Exit, farewell: Farewell | null, stderr: string): string {
  if (farewell?.tells === 'dying') return `died of an ${farewell.message}`
  if (exit.signal === 'SIGKILL' && CLOSED.test(stderr))
    return 'was ended because the scenario closed its channel to holdwater, as process.disconnect() does'
  if (farewell) return `${told(exit)}: ${exitText(farewell)}`
  const [, gaveUp] = [...stderr.matchAll(GIVES_UP)].at(-1) ?? []
  return gaveUp === undefined ? told(exit) : `${told(exit)}: ${gaveUp.slice(0, LONGEST)}`
}
