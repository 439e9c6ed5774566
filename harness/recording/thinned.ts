/**
 * A list that stays short however long a run is: when there are too many, neighbours become one. What is judged stays the
 * same, at half the density.
 */
import type { CheckpointLine, LimitsLine, Readings } from '../model.ts'

/** So many at most, and after a thinning half of them: more say nothing that these do not. */
const MOST_KEPT = 4000

type Thinned<Line> = { add(line: Line): void; readonly lines: readonly Line[] }

/** @param join two neighbours as one, or null where both have to stay */
function thinned<Line>(join: (earlier: Line, later: Line) => Line | null): Thinned<Line> {
  let lines: Line[] = []
  return {
    add(line) {
      if (lines.length >= MOST_KEPT) lines = half(lines, join)
      lines.push(line)
    },
    get lines() {
      return lines
    },
  }
}

/** The first stays as it is: growth is counted from there. */
function half<Line>(lines: readonly Line[], join: (earlier: Line, later: Line) => Line | null): Line[] {
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
