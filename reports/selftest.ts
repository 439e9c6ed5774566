/** What the selftest found: a table of what this machine can and cannot measure. */
import type { ResourceResult, Run } from '../harness/model.ts'
import { duration, plural, rate } from './format.ts'
import { type Paint, wrap } from './terminal.ts'

export type Tested = { kind: string; twin: 'leaky' | 'clean'; run: Run }
type State = 'seen' | 'missed' | 'skipped'

/** The resources a control is about: those its budget names. */
const named = (run: Run, names: readonly string[]): ResourceResult[] =>
  run.resources.filter(({ name }) => names.includes(name))

function rowOf(kind: string, tested: readonly Tested[]): { cells: string[]; state: State; why: string | null } {
  const of = (twin: Tested['twin']) => tested.find((test) => test.kind === kind && test.twin === twin)?.run
  const [leaky, clean] = [of('leaky'), of('clean')]
  const unstarted = [leaky, clean].find((run) => run?.verdict == null)
  const missing = unstarted?.outcome === 'skipped' || unstarted?.reasonCode === 'environment-missing'
  if (!leaky || !clean || (unstarted && !missing))
    return { cells: [kind, 'cannot be tried', '–', '–'], state: 'missed', why: unstarted?.reason ?? 'it was not run' }
  if (unstarted) return { cells: [kind, 'not tried', '–', '–'], state: 'skipped', why: unstarted.reason }
  const about = leaky.resources
    .filter(({ gate, level }) => gate === 'named' && level === 'error')
    .map(({ name }) => name)
  const seen = named(leaky, about)
  const found = seen.filter(({ verdict }) => verdict === 'leaking')
  const grows = seen.map(({ name, growthPerCycle, unit }) => `${name} ${rate(growthPerCycle ?? 0, unit)}`).join(', ')
  const missed = found.length < seen.length || leaky.verdict !== 'leaking'
  const wolf = clean.verdict !== 'clean'
  // On a busy machine a run may end before it can tell: that is no false alarm.
  const alarmed = clean.verdict === 'leaking' ? 'sees what is not there' : 'cannot tell, try again'
  const verdict = missed ? 'cannot see it' : wolf ? alarmed : 'yes'
  return {
    cells: [kind, verdict, clean.verdict ?? '–', grows],
    state: missed || wolf ? 'missed' : 'seen',
    why: missed
      ? `the planted leak came out ${leaky.verdict}: ${leaky.reason}`
      : wolf
        ? `the clean twin came out ${clean.verdict}: ${clean.reason}`
        : null,
  }
}

/** @returns the table, and what it comes to */
export function selftestText(
  tested: readonly Tested[],
  tookMs: number,
  width: number,
  paint: Paint,
): { text: string; state: State } {
  const kinds = [...new Set(tested.map(({ kind }) => kind))].sort()
  const rows = kinds.map((kind) => rowOf(kind, tested))
  const head = ['planted', 'measured here', 'clean twin', 'grows, per cycle']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(({ cells }) => cells[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
      .slice(0, width)
  const colours = { seen: 'green', missed: 'red', skipped: 'yellow' } as const
  const count = (state: State) => rows.filter((row) => row.state === state).length
  const told = rows.flatMap(({ cells, state, why }) => [
    paint(colours[state], line(cells)),
    ...(why ? [`  ${wrap(why, width - 2, '  ')}`] : []),
  ])
  const tally = [
    `${plural(count('seen'), 'gate')} ${count('seen') === 1 ? 'works' : 'work'} here`,
    count('missed') > 0 ? `${count('missed')} cannot be trusted on this machine` : '',
    count('skipped') > 0 ? `${count('skipped')} not tried` : '',
  ].filter(Boolean)
  const text = [paint('bold', line(head)), ...told, '', `${tally.join(', ')}; ${duration(tookMs)}`].join('\n')
  return { text, state: count('missed') > 0 ? 'missed' : count('seen') > 0 ? 'seen' : 'skipped' }
}
