/**
 * The process of a scenario: a Node child that loads it and does what it is asked. Of a scenario with `cycle` it is the
 * target itself; of one with `command` it makes ready what the command needs, and is not measured.
 */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TargetError } from '../errors.ts'
import { type Exit, type StartedProcess, startProcess } from '../processes/start.ts'
import type { Warden } from '../processes/warden.ts'
import { redact } from '../secrets.ts'
import { type Farewell, lastWords } from './last-words.ts'
import { type Answer, type Ask, answerSchemas, type News, tellSchema } from './protocol.ts'
import { type Refusal, refusalsIn } from './refusal.ts'
import { TAIL_LINES } from './target.ts'

const entry = fileURLToPath(new URL('../probe/node/entry.js', import.meta.url))
const names = new URL('../probe/node/names.js', import.meta.url)
/** `--expose-internals` is for the timers, which no public interface lists. */
const flags = ['--expose-gc', '--expose-internals']
/** What the target and its describe child print, in the folder of the run. */
export const LOG_FILES = ['stdout.log', 'stderr.log'] as const
const TAIL_BYTES = 4000
/** So much of it is looked through for secrets, which a cut would leave in parts. */
const REDACTED_BYTES = 64 * 1024

/** One that runs. It has left for good when `ended` resolves. */
export type ScenarioProcess = {
  readonly pid: number
  readonly ended: Promise<Exit>
  /** Why it left, in words, once it has: `was ended by SIGKILL`. */
  readonly lastWords: Promise<string>
  /** Node's version, as the target itself said it. */
  readonly version: string
  /**
   * Asks and waits for the answer.
   * @throws TargetError when the scenario throws, the target leaves or `withinMs` passes
   */
  ask<Name extends Ask['ask']>(ask: Extract<Ask, { ask: Name }>, withinMs?: number): Promise<Answer<Name>>
  /** Ends the batch that runs after its present cycle. */
  stop(): void
  /** The last lines the target wrote to stderr. */
  stderrTail(): string
  /** What it has written there of a limit that refused it. */
  refused(): Refusal[]
  /** Ends the target and all that came of it. */
  [Symbol.asyncDispose](): Promise<void>
}

export type ScenarioProcessOptions = {
  node: string
  warden: Warden
  /** Folder of the target's stdout.log and stderr.log. */
  logs: string
  readyWithinMs: number
  onNews?: (news: News) => void
  /** The port of the DNS server that it is to ask for names of our own; null: none. */
  dns?: number | null
  /** What sets its limits, and stands before it. */
  prefix?: readonly string[]
}

/** The end of a file, without secrets. */
function endOf(file: string): string {
  if (!existsSync(file)) return ''
  const size = statSync(file).size
  const buffer = Buffer.alloc(Math.min(size, REDACTED_BYTES))
  const fd = openSync(file, 'r')
  readSync(fd, buffer, 0, buffer.length, size - buffer.length)
  closeSync(fd)
  return redact(buffer.toString('utf8'))
}
/** The last words of a process. */
export const tailOf = (file: string): string =>
  endOf(file).slice(-TAIL_BYTES).trim().split('\n').slice(-TAIL_LINES).join('\n')

/** @throws TargetError when it does not become ready */
export async function startScenarioProcess(options: ScenarioProcessOptions): Promise<ScenarioProcess> {
  const logs = LOG_FILES.map((name) => join(options.logs, name)) as [string, string]
  const [out, err] = logs.map((log) => openSync(log, 'a'))
  let started: StartedProcess
  try {
    // Files, not pipes: nobody has to read along, nothing is lost, and they are no sockets.
    const hooked = options.dns ? [`--import=${names}?port=${options.dns}`] : []
    started = await startProcess(options.node, [...flags, ...hooked, entry], {
      warden: options.warden,
      env: process.env,
      prefix: options.prefix ?? [],
      stdio: ['ignore', out as number, err as number, 'ipc'],
    })
  } finally {
    for (const fd of [out, err]) closeSync(fd as number)
  }
  const { child, pid, ended, closed, release } = started

  type Waiting = { ask: string; resolve(answer: unknown): void; reject(error: Error): void }
  let waiting: Waiting | undefined
  const settle = (act: (waiting: Waiting) => void) => {
    const now = waiting
    waiting = undefined
    if (now) act(now)
  }
  async function waitFor(ask: string, withinMs: number | undefined): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        waiting = { ask, resolve, reject }
        const late = () =>
          settle(() => reject(new TargetError(ask, `it gave no answer within ${(withinMs ?? 0) / 1000} s`)))
        if (withinMs !== undefined) timer = setTimeout(late, withinMs)
      })
    } finally {
      clearTimeout(timer)
    }
  }
  // The channel may still hold what the target said last when its exit is known.
  let farewell: Farewell | null = null
  const said = closed.then(
    async (open) => `${lastWords(await ended, farewell, endOf(logs[1]))}${open === null ? '' : `, and ${open}`}`,
  )
  /** What waits for an answer gets none. */
  const leave = (words: string) =>
    settle(({ ask, reject }) =>
      reject(new TargetError(ask, `the target ${words}`, farewell?.tells === 'dying' ? farewell.stack : null)),
    )
  said.then(leave)

  child.on('message', (message) => {
    const parsed = tellSchema.safeParse(message)
    if (!parsed.success) return // not ours: a scenario may use process.send, too
    const tell = parsed.data
    if (tell.tells === 'ready') settle(({ resolve }) => resolve(tell.version))
    else if (tell.tells === 'answer')
      settle(({ ask, resolve, reject }) => {
        const answer = answerSchemas[tell.to].safeParse(tell.answer)
        if (answer.success) resolve(answer.data)
        else reject(new TargetError(ask, `the probe’s answer does not fit: ${answer.error.message}`))
      })
    else if (tell.tells === 'error')
      settle(({ ask, reject }) => reject(new TargetError(ask, tell.message, tell.stack ?? '')))
    else {
      if (tell.tells === 'dying' || tell.tells === 'exiting') farewell = tell
      options.onNews?.(tell)
    }
  })

  const dispose = async () => {
    await release()
    await said
    for (const log of logs) if (existsSync(log) && statSync(log).size === 0) rmSync(log)
  }
  let version: string
  try {
    version = (await waitFor('start', options.readyWithinMs)) as string
  } catch (error) {
    await dispose()
    throw error
  }
  let read: { bytes: number; refusals: Refusal[] } = { bytes: 0, refusals: [] }
  const refused = () => {
    const bytes = existsSync(logs[1]) ? statSync(logs[1]).size : 0
    if (bytes !== read.bytes) read = { bytes, refusals: refusalsIn(endOf(logs[1])) }
    return read.refusals
  }
  return {
    pid,
    ended,
    lastWords: said,
    version,
    ask(ask, withinMs) {
      const answer = waitFor(ask.ask, withinMs)
      if (child.exitCode !== null || child.signalCode !== null || !child.connected) void said.then(leave)
      else child.send(ask)
      return answer as never
    },
    stop: () => void (child.connected && child.send({ ask: 'stop' })),
    stderrTail: () => tailOf(logs[1]),
    refused,
    [Symbol.asyncDispose]: dispose,
  }
}
