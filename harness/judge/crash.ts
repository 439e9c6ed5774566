/** A crash, and the forecast that was to be had half way to it. Pure. */
import type { Crash, Recording, RunVerdict, Samples } from '../model.ts'

function samplesUpTo({ ms, cycles, readings }: Samples, most: number): Samples {
  const after = cycles.findIndex((at) => at > most)
  const length = after < 0 ? cycles.length : after
  const until = (column: Float64Array) => column.subarray(0, length)
  return {
    ms: until(ms),
    cycles: until(cycles),
    readings: new Map([...readings].map(([name, column]) => [name, until(column)])),
  }
}

/** What of a recording was known after so many cycles. */
export function upTo(recording: Recording, most: number): Recording {
  const until = <Line extends { cycles: number }>(lines: readonly Line[]) =>
    lines.filter(({ cycles }) => cycles <= most)
  const { checkpoints, events, limits, samples } = recording
  return {
    ...recording,
    checkpoints: until(checkpoints),
    events: until(events),
    limits: until(limits),
    samples: samplesUpTo(samples, most),
    crash: null,
    end: null,
    exit: null,
  }
}

/** @param judge what the rest is judged by: judging is what makes a forecast */
export function crashOf(recording: Recording, judge: (recording: Recording) => RunVerdict): Crash | null {
  if (!recording.crash) return null
  const { line: _, ...crash } = recording.crash
  const half = upTo(recording, crash.cycles / 2)
  // Cycles that are left are counted from where the limits were read.
  const at = half.limits.at(-1)?.cycles ?? 0
  const { dies } = judge(half)
  const forecast = dies && {
    at,
    resource: dies.name,
    source: dies.source,
    limit: dies.limit,
    cycles: at + dies.cyclesLeft,
    low: at + dies.low,
    high: at + dies.high,
  }
  return { ...crash, forecast }
}
