/** Lines in, a recording out: what is written and what is read come together in the same way. */
import type { HeaderLine, Recording, RecordingLine } from '../model.ts'
import { openSamples } from './samples.ts'
import { thinnedCheckpoints, thinnedLimits, thinnedLoads } from './thinned.ts'

/** What a recording has one of, the last one counting; of everything else but its header it has many. */
type Single = 'start' | 'crash' | 'end' | 'exit'
type Many = Exclude<RecordingLine['line'], Single | 'header' | 'sample' | 'checkpoint' | 'limits' | 'load'>
type Of<Kind> = Extract<RecordingLine, { line: Kind }>
const isSingle = (line: RecordingLine): line is Of<Single> =>
  line.line === 'start' || line.line === 'crash' || line.line === 'end' || line.line === 'exit'

/** The lines that make up a recording, of each kind in their order. */
export function* linesIn(recording: Recording): Generator<RecordingLine> {
  const {
    header,
    samples,
    checkpoints,
    events,
    limits,
    faults,
    loads,
    stacks,
    ledgers,
    sources,
    start,
    crash,
    end,
    exit,
  } = recording
  yield header
  if (start) yield start
  for (const [i, ms] of samples.ms.entries()) {
    const readings: Record<string, number | null> = {}
    for (const [name, column] of samples.readings) {
      const value = column[i] as number
      readings[name] = Number.isNaN(value) ? null : value
    }
    yield { line: 'sample', ms, cycles: samples.cycles[i] as number, readings }
  }
  for (const lines of [checkpoints, events, limits, faults, loads, sources, stacks, ledgers]) yield* lines
  for (const line of [crash, end, exit]) if (line) yield line
}

/** @param room for so many samples, where that is known */
export function gather(room?: number) {
  const samples = openSamples(room)
  const [checkpoints, limits, loads] = [thinnedCheckpoints(), thinnedLimits(), thinnedLoads()]
  const many: { [Kind in Many]: Of<Kind>[] } = {
    event: [],
    fault: [],
    stack: [],
    ledger: [],
    source: [],
  }
  const last: { [Kind in Single]: Of<Kind> | null } = { start: null, crash: null, end: null, exit: null }
  return {
    add(line: RecordingLine): void {
      if (line.line === 'sample') samples.add(line)
      else if (isSingle(line)) Object.assign(last, { [line.line]: line })
      else if (line.line === 'checkpoint') checkpoints.add(line)
      else if (line.line === 'limits') limits.add(line)
      else if (line.line === 'load') loads.add(line)
      else if (line.line !== 'header') (many[line.line] as RecordingLine[]).push(line)
    },
    /** What was added so far. */
    recording: (header: HeaderLine): Recording => ({
      header,
      samples: samples.samples,
      checkpoints: checkpoints.lines,
      events: many.event,
      limits: limits.lines,
      faults: many.fault,
      loads: loads.lines,
      stacks: many.stack,
      ledgers: many.ledger,
      sources: many.source,
      ...last,
    }),
  }
}
