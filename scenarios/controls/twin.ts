/**
 * The twins that prove a gate: `leaky` opens one object a cycle and leaves it open, `clean` closes it again.
 * `HOLDWATER_LEAK_EVERY=N` lets the leaky one leave only every N-th.
 */
import { type CycleScenario, defineScenario } from 'holdwater'

type Context<Fixture> = Parameters<CycleScenario<Fixture>['cycle']>[0]

/** One kind of object that can leak. */
export type Kind<Fixture, Opened> = {
  readonly what: string
  /** The row, or rows, of the report that it shows on. */
  readonly shows: readonly string[]
  readonly open: (context: Context<Fixture>) => Opened | Promise<Opened>
  readonly close: (opened: Opened) => unknown
} & Partial<Pick<CycleScenario<Fixture>, 'needs' | 'setup' | 'teardown' | 'track' | 'cycles' | 'resolution'>>

/** What this kind is not about: memory is measured only by the kinds that are. */
const notMemory = { heap: { level: 'off' }, external: { level: 'off' } } as const

const every = Number(process.env.HOLDWATER_LEAK_EVERY ?? 1)

export function twin<Fixture, Opened>(kind: Kind<Fixture, Opened>, which: 'leaky' | 'clean') {
  const { what, shows, open, close, ...scenario } = kind
  return defineScenario<Fixture>({
    title: which === 'leaky' ? `${what}, left open` : `${what}, closed again`,
    expect: which === 'leaky' ? 'leaking' : 'clean',
    cycles: 400 * every,
    resolution: `1/${20 * every}`,
    drainFor: '200ms',
    ...scenario,
    budget: {
      ...notMemory,
      exit: 'off',
      ...Object.fromEntries(shows.map((name) => [name, { level: 'error' as const }])),
    },
    async cycle(context) {
      const opened = await open(context)
      if (which === 'clean' || context.index % every !== 0) await close(opened)
    },
  })
}
