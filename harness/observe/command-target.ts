/**
 * A command target: a program in any language, judged from outside. One line of its output that matches the mark is one
 * cycle. It is not halted between batches; it runs on until it is ended.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { messageOf, TargetError, UsageError } from '../errors.ts'
import { isToCrash, type Plan } from '../model.ts'
import { type Exit, onPath, startProcess } from '../processes/start.ts'
import type { Warden } from '../processes/warden.ts'
import { openCommandOutput } from './command-output.ts'
import { told } from './last-words.ts'
import type { News } from './protocol.ts'
import { openPythonLedger, pythonProbe } from './python-ledger.ts'
import { refusalsIn } from './refusal.ts'
import { type Batch, type InnerReading, TAIL_LINES, type Target } from './target.ts'

/** What the command prints, in the folder of the run. */
export const COMMAND_LOGS = ['command-stdout.log', 'command-stderr.log'] as const

/** Full path of a command: looked for on the PATH or, with a slash in it, from the working directory. */
export function findCommand(command: string): string | null {
  if (!command.includes(sep)) return onPath(command)
  try {
    const path = resolve(command)
    accessSync(path, constants.X_OK)
    return statSync(path).isFile() ? path : null
  } catch {
    return null
  }
}

export type CommandOptions = {
  /** Program and arguments, as `command()` gave them. */
  argv: readonly string[]
  plan: Plan
  warden: Warden
  /** Folder of the logs. */
  logs: string
  /** Scratch directory. */
  dir: string
  /** Asks the scenario's own process, where the scenario has such counts. */
  serverState: (() => Promise<Record<string, number>>) | null
  /** With a ledger, where its language has a probe. */
  keepsLedger: boolean
  /** What sets its limits, and stands before it. */
  prefix: readonly string[]
  onNews(news: News): void
}

/** @throws UsageError when it cannot be started at all */
export async function startCommand(options: CommandOptions): Promise<Target> {
  const { argv, plan, warden, logs, dir, onNews } = options
  const [command = '', ...args] = argv
  const path = findCommand(command)
  const shown = JSON.stringify(argv.join(' '))
  if (!path)
    throw new UsageError(
      `${plan.scenario.file}: \`command\`: expected a program that can be run, got ${shown}: ${
        command.includes(sep) ? 'there is no such executable file' : `no ${command} on the PATH`
      }`,
    )
  // A server under load is told its cycles by others.
  const mark = plan.cycleMark && new RegExp(plan.cycleMark.source, plan.cycleMark.flags)
  let marks = 0
  /** When the last batch ended, and how many cycles were done. */
  let last = { at: performance.now(), marks: 0 }
  let stopped = false
  let waiting: { until: number; resolve(batch: Batch): void; reject(error: Error): void } | null = null

  const onLine = (line: string) => {
    if (!mark?.test(line)) return
    marks++
    const now = performance.now()
    if (waiting && (marks >= waiting.until || stopped)) {
      const batch = { cycles: marks - last.marks, failed: 0, batchMs: now - last.at }
      last = { at: now, marks }
      waiting.resolve(batch)
      waiting = null
    } else onNews({ tells: 'progress', cycles: marks - last.marks, failed: 0 })
  }
  /** The last lines that speak of a refusal. */
  const refused: string[] = []
  const listens = isToCrash(plan)
  const hear = [
    onLine,
    (line: string) => {
      if (listens && refusalsIn(line).length > 0) refused.push(line)
      if (refused.length > TAIL_LINES) refused.shift()
      onLine(line)
    },
  ]
  const streams = COMMAND_LOGS.map((log, i) =>
    openCommandOutput({ pipe: join(dir, log), log: join(logs, log) }, hear[i] as typeof onLine),
  )
  const [out, err] = streams as [(typeof streams)[0], (typeof streams)[0]]
  const probe = options.keepsLedger ? pythonProbe(dir, process.env) : null
  const started = await startProcess(path, args, {
    warden,
    // Python holds back what it writes to a pipe, and marks would come in blocks.
    env: { PYTHONUNBUFFERED: '1', ...process.env, ...probe?.env },
    prefix: options.prefix,
    stdio: ['ignore', out.fd, err.fd],
  })
    .finally(() => {
      for (const stream of streams) stream.started()
    })
    .catch(async (error) => {
      await err.over()
      throw new UsageError(
        `${plan.scenario.file}: \`command\`: ${shown} cannot be started: ${messageOf(error)}\n${err.tail()}`.trimEnd(),
        { cause: error },
      )
    })

  let exit: Exit | null = null
  let leftBehind = 0
  /** All that it said is known, and what it left behind is ended. */
  const gone = started.ended.then(async (how) => {
    exit = how
    leftBehind = started.others().length
    await started.release()
    await Promise.all(streams.map(({ over }) => over()))
    waiting?.reject(leaving())
    waiting = null
  })
  const leaving = () =>
    new TargetError(
      'batch',
      `the command ${told(exit as Exit)}${leftBehind > 0 ? ` and left ${leftBehind} of its processes behind, which were ended` : ''}; it is expected to go on until it is ended`,
    )
  const printed = () => {
    const lines = out.lines + err.lines
    return lines === 0 ? 'it printed nothing' : `none of its ${lines.toLocaleString('en')} lines matched`
  }

  return {
    pid: started.pid,
    ended: started.ended,
    channelFd: null,
    runsOn: true,
    ahead: () => marks - last.marks,
    batch(_, count) {
      stopped = false
      if (exit) return Promise.reject(leaving())
      // What came while the last checkpoint was read is of this batch.
      if (marks > last.marks) onNews({ tells: 'progress', cycles: marks - last.marks, failed: 0 })
      // At least one mark from now on, so that what follows is read where a cycle ends.
      const until = Math.max(last.marks + count, marks + 1)
      return new Promise((resolve, reject) => {
        waiting = { until, resolve, reject }
      })
    },
    read: async (): Promise<InnerReading> => ({
      readings: {},
      unread: {},
      detail: {},
      serverState: (await options.serverState?.()) ?? {},
      collected: false,
      heapLimit: null,
      v8Memory: null,
    }),
    ledger: probe && openPythonLedger(started.pid, probe.folder),
    stop() {
      stopped = true
    },
    silence: () =>
      marks === 0
        ? {
            afterMs: plan.startTimeoutMs,
            ending: 'mark-never-seen',
            text: `${mark} was not seen within ${plan.startTimeoutMs / 1000} s: ${printed()}`,
          }
        : {
            afterMs: plan.cycleTimeoutMs,
            ending: 'cycle-timeout',
            text: `no ${mark} came for ${plan.cycleTimeoutMs / 1000} s after cycle ${marks}`,
          },
    stderrTail: err.tail,
    refused: () => refusalsIn(refused.join('\n')),
    async [Symbol.asyncDispose]() {
      await started.release()
      await gone
    },
  }
}
