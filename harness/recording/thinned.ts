/**
 * A list that stays short however long a run is: when there are too many, neighbours become one. What is judged stays the
 * same, at a lower density.
 */
import type { CheckpointLine, LimitsLine, LoadLine, Readings } from '../model.ts'

/** So many at most: more say nothing that these do not. */
const MOST = { checkpoints: 2500, limits: 250, loads: 500 }

type Thinned<Line> = { add(line: Line): void; readonly lines: readonly Line[] }

/**
 * Of every so many lines one is kept, so that all of a run is about equally dense. Where the list is full, every line that
 * comes makes one of two that are there, from the oldest on: it takes as much memory after a week as after an hour.
 * @param join two neighbours as one, or null where both have to stay
 */
function thinned<Line>(most: number, join: (earlier: Line, later: Line) => Line | null): Thinned<Line> {
  const kept: Line[] = []
  /** What the next one is made of, so far. */
  let next: { line: Line; of: number } | null = null
  /** Of so many lines one is made; those before `swept` are of twice as many already. */
  let stride = 1
  let swept = 1
  /** @returns whether there was a pair left that could be joined */
  const joinNext = (): boolean => {
    for (; swept + 1 < kept.length; swept++) {
      const one = join(kept[swept] as Line, kept[swept + 1] as Line)
      if (!one) continue
      kept.splice(swept++, 2, one)
      return true
    }
    stride *= 2
    swept = 1
    return false
  }
  const keep = (line: Line) => {
    if (kept.length >= most && !joinNext()) joinNext()
    kept.push(line)
  }
  return {
    add(line) {
      const one = next && join(next.line, line)
      if (next && !one) keep(next.line)
      // The first stays as it is: growth is counted from there.
      next = { line: one ?? line, of: one && next ? next.of + 1 : 1 }
      if (kept.length > 0 && next.of < stride) return
      keep(next.line)
      next = null
    },
    get lines() {
      return next ? [...kept, next.line] : kept
    },
  }
}

/** The floor of a series is made of its lowest readings; a reading that one of two lacks is that of the other. */
function joined(earlier: CheckpointLine, later: CheckpointLine): CheckpointLine | null {
  if (earlier.phase !== later.phase || earlier.collected !== later.collected) return null
  const of = (choose: (...values: number[]) => number, a: Readings, b: Readings): Readings =>
    Object.fromEntries(
      Object.keys(b).map((name) => {
        const both = [a[name], b[name]].filter((value) => value != null)
        return [name, both.length > 0 ? choose(...both) : null]
      }),
    )
  return {
    ...later,
    readings: of(Math.min, earlier.readings, later.readings),
    highest: of(Math.max, earlier.highest ?? earlier.readings, later.highest ?? later.readings),
    tookMs: earlier.tookMs + later.tookMs,
  }
}

/** Requests add up; of what each batch has of its own, the worse counts. Under a fault and without is not the same. */
function joinedLoads(earlier: LoadLine, later: LoadLine): LoadLine | null {
  if (earlier.faulted !== later.faulted) return null
  const [a, b] = [earlier.latency, later.latency]
  const sum = (of: 'requests' | 'failed' | 'hungUp' | 'tookMs') => earlier[of] + later[of]
  const kinds = Object.keys({ ...earlier.failures, ...later.failures })
  return {
    ...later,
    requests: sum('requests'),
    failed: sum('failed'),
    hungUp: sum('hungUp'),
    tookMs: sum('tookMs'),
    failures: Object.fromEntries(
      kinds.map((kind) => [kind, (earlier.failures[kind] ?? 0) + (later.failures[kind] ?? 0)]),
    ),
    latency:
      a && b
        ? {
            p50: Math.max(a.p50, b.p50),
            p90: Math.max(a.p90, b.p90),
            p99: Math.max(a.p99, b.p99),
            max: Math.max(a.max, b.max),
          }
        : (a ?? b),
  }
}

export const thinnedLoads = (): Thinned<LoadLine> => thinned(MOST.loads, joinedLoads)
export const thinnedCheckpoints = (): Thinned<CheckpointLine> => thinned(MOST.checkpoints, joined)
export const thinnedLimits = (): Thinned<LimitsLine> => thinned(MOST.limits, (_, later) => later)
