/**
 * A list that stays short however long a run is: when there are too many, neighbours become one. What is judged stays the
 * same, at half the density.
 */
import type { CheckpointLine, LimitsLine, Readings } from '../model.ts'

/** So many at most, and after a thinning half of them: more say nothing that these do not. */
const MOST_KEPT = 2500

type Thinned<Line> = { add(line: Line): void; readonly lines: readonly Line[] }

/**
 * Of every so many lines one is kept, and twice as many when there are too many of them: all of a run is equally dense.
 * @param join two neighbours as one, or null where both have to stay
 */
function thinned<Line>(join: (earlier: Line, later: Line) => Line | null): Thinned<Line> {
  let kept: Line[] = []
  /** What the next one is made of, so far. */
  let next: { line: Line; of: number } | null = null
  let stride = 1
  const keep = (line: Line) => {
    kept.push(line)
    if (kept.length < MOST_KEPT) return
    kept = pairs(kept, join)
    stride *= 2
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

function pairs<Line>(lines: readonly Line[], join: (earlier: Line, later: Line) => Line | null): Line[] {
  const kept = lines.slice(0, 1)
  for (let i = 1; i < lines.length; i++) {
    const earlier = lines[i] as Line
    const one = i + 1 < lines.length ? join(earlier, lines[i + 1] as Line) : null
    kept.push(one ?? earlier)
    if (one) i++
  }
  return kept
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

export const thinnedCheckpoints = (): Thinned<CheckpointLine> => thinned(joined)
export const thinnedLimits = (): Thinned<LimitsLine> => thinned((_, later) => later)
