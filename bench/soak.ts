/** What a long soak costs holdwater itself: its own memory, from a tenth of the way on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { statusField } from '../harness/processes/proc.ts'
import { readRecording } from '../harness/recording/read.ts'

const EVERY_MS = 20
const rssOf = (pid: number): number | null => {
  try {
    return (statusField(readFileSync(`/proc/${pid}/status`, 'latin1'), 'VmRSS') ?? 0) * 1024
  } catch {
    return null
  }
}

/** Bytes that holdwater's resident memory grew by between a tenth of the cycles and all of them: of each end the median of some readings. */
export async function benchSoak(cli: string, out: string, args: readonly string[]) {
  const child = spawn(process.execPath, [cli, 'run', 'controls/idle', ...args, '--until', 'end', '--out', out], {
    stdio: 'ignore',
  })
  const left = once(child, 'exit')
  const readings: { at: number; rss: number }[] = []
  while (child.exitCode === null) {
    const rss = rssOf(child.pid as number)
    if (rss) readings.push({ at: Date.now(), rss })
    await wait(EVERY_MS)
  }
  await left
  const { header, samples, end } = readRecording(join(out, 'controls', 'idle', 'recording.ndjson'))
  const began = Date.parse(header.startedAt)
  const cycles = end?.cycles ?? 0
  const tenth = samples.cycles.findIndex((n) => n >= cycles / 10)
  const around = (ms: number) => {
    const near = readings
      .toSorted((a, b) => Math.abs(a.at - began - ms) - Math.abs(b.at - began - ms))
      .slice(0, 9)
      .map(({ rss }) => rss)
      .sort((a, b) => a - b)
    return near[Math.floor(near.length / 2)] ?? Number.NaN
  }
  const from = around(samples.ms[tenth] ?? 0)
  const to = around(end?.ms ?? 0)
  return { cycles, ms: end?.ms ?? 0, from, to }
}
