/** The one place that writes to the terminal while a run goes on: live on a terminal, plain lines in a pipe or in CI. */
import { styleText } from 'node:util'
import { createLogUpdate } from 'log-update'
import { plainValue } from '../../reports/plain.ts'
import { type Paint, progressBlock, progressLine, startText } from '../../reports/terminal.ts'
import type { HeaderLine, Recording } from '../model.ts'
import type { Progress } from '../observe/progress.ts'
import { fitted } from './fit.ts'

export type Screen = {
  readonly width: number
  readonly paint: Paint
  say(text: string): void
  complain(text: string): void
  /** Lines that a machine reads, as they are. */
  annotate(lines: string): void
  start(header: HeaderLine): void
  progress(progress: Progress, recording: Recording): void
  /** What goes on: the block on a terminal, the line now and then in a pipe. */
  live(block: () => string, line: () => string): void
  /** So many of so many done. */
  count(done: number, all: number): void
  /** Leaves the live block. */
  end(): void
}

const PLAIN_EVERY_MS = 10_000
const PIPE_WIDTH = 80

export function openScreen(stdout = process.stdout, env = process.env): Screen {
  const live = stdout.isTTY && !env.CI
  const update = live ? createLogUpdate(stdout, { showCursor: true }) : null
  const width = () => stdout.columns ?? PIPE_WIDTH
  // styleText looks at the stream, NO_COLOR and FORCE_COLOR.
  const paint: Paint = (style, text) => styleText(style, text, { stream: stdout })
  // A reader that has enough, as `| head`, ends neither the run nor its reports.
  stdout.on('error', () => {})
  let told = 0
  let phase = ''
  // A line of a text must not be taken for a command of GitHub's, which are read from the output.
  const inert = (text: string) => (env.GITHUB_ACTIONS ? text.replace(/^(\s*):(?=:)|##(?=\[)/gm, '$&\u200b') : text)
  const say = (text: string) => {
    update?.clear()
    stdout.write(`${inert(text)}\n`)
  }
  return {
    get width() {
      return width()
    },
    paint,
    say,
    complain(text) {
      update?.clear()
      process.stderr.write(`${styleText('red', fitted(inert(text)), { stream: process.stderr })}\n`)
    },
    annotate(lines) {
      update?.clear()
      stdout.write(lines)
    },
    start(header) {
      told = performance.now()
      phase = ''
      // A further run of the same scenario has been announced.
      if (header.role === 'measure') say(startText(plainValue(header), width(), paint))
    },
    progress(progress, recording) {
      if (update) {
        update(progressBlock(progress, recording, width(), paint))
        return
      }
      const now = performance.now()
      if (now - told < PLAIN_EVERY_MS && (progress.phase === phase || progress.phase !== 'drain')) return
      told = now
      phase = progress.phase
      stdout.write(`${progressLine(progress)}\n`)
    },
    live(block, line) {
      if (update) update(block())
      else if (performance.now() - told >= PLAIN_EVERY_MS) {
        told = performance.now()
        stdout.write(`${inert(line())}\n`)
      }
    },
    count(done, all) {
      const now = performance.now()
      if (update) update(`  ${done} of ${all} done`)
      else if (now - told >= PLAIN_EVERY_MS) {
        told = now
        stdout.write(`  ${done} of ${all} done\n`)
      }
    },
    end() {
      update?.clear()
    },
  }
}
