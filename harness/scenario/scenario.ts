/** What a person writes in a scenario file, as types. The checks on it are in description.ts. */
import type { EventEmitter } from 'node:events'

/** The etcd a scenario gets. `endpoints` are URLs, `hosts` are host:port. */
export type ScenarioEtcd = {
  readonly endpoints: readonly string[]
  readonly hosts: readonly string[]
  /** With `tls`: the certificate of the authority that signed etcd's own, as PEM; else null. */
  readonly ca: string | null
  /** With `auth`: the user that the scenario is; else null. */
  readonly auth: { readonly username: string; readonly password: string } | null
}

/** Something that is done to etcd, or to the way to it, while cycles run; docs/faults.md has what each kind does. */
type ScenarioFault = {
  readonly do:
    | 'pause'
    | 'restart'
    | 'kill'
    | 'refuse'
    | 'reset'
    | 'delay'
    | 'blackhole'
    | 'dns-failure'
    | 'slow-dns'
    | 'wrong-password'
    | 'expired-certificate'
  /** It begins before this cycle. */
  readonly at?: number
  /** It begins before cycle `from` (default: as many), and again every so many cycles. */
  readonly every?: number
  readonly from?: number
  /** From before the first of these cycles until before the second. */
  readonly during?: readonly [number, number]
  /** How long it lasts, such as '2s' (default 1 s), or how many cycles. */
  readonly for?: string | number
  readonly cycles?: number
  /** It begins at a moment within the first so much of its first cycle, drawn by the seed: while the cycle is at work. */
  readonly within?: string | number
  /** Of a cluster the node, from 1 on, that `pause`, `restart` and `kill` are done to, or whichever leads then. Default: all. */
  readonly node?: number | 'leader'
  /** What `delay` and `slow-dns` add to every answer. Default 500 ms. */
  readonly by?: string | number
}

type Class = abstract new (...args: never[]) => unknown

/** A budget entry: growth allowed per cycle as a number or, of memory, a size ('200 B'), or each cap by name. */
export type BudgetEntry =
  | number
  | string
  | {
      /** Growth allowed per cycle. */
      readonly perCycle?: number | string
      /** Growth allowed over the whole run. */
      readonly total?: number | string
      /** Highest reading allowed. */
      readonly peak?: number | string
      /** `error` gates (default once named), `warn` is shown, `off` is recorded only. */
      readonly level?: 'error' | 'warn' | 'off'
    }

export type Context<Fixture> = {
  /** There when `needs.etcd` is set. */
  readonly etcd: ScenarioEtcd
  /** A scratch directory, removed after the run. */
  readonly dir: string
  /** What `setup` returned. */
  readonly fixture: Fixture
  /** Writes a line into the recording. */
  log(text: unknown): void
}

export type CycleContext<Fixture> = Context<Fixture> & {
  /** Number of this cycle, from 0. */
  readonly index: number
  /** Aborts when the cycle takes longer than `cycleTimeout`. */
  readonly signal: AbortSignal
}

/** What every scenario may say. */
type Common<Fixture> = {
  readonly title: string
  /** `command`: where this program is missing, the scenario is skipped. */
  readonly needs?: {
    /** `nodes`: a cluster of so many; `tls`: it serves with a throwaway certificate; `auth`: to users only. */
    readonly etcd?: boolean | { readonly nodes?: number; readonly tls?: boolean; readonly auth?: boolean }
    readonly command?: string
  }
  /** How to get the program that `needs` names: a line for whoever lacks it. */
  readonly install?: string
  /** Growth allowed; what is not named has its default. */
  readonly budget?: Readonly<Record<string, BudgetEntry>> & {
    /** Whether a process that does not leave by itself after `teardown` fails the run. Default `warn`. */
    readonly exit?: 'error' | 'warn' | 'off'
  }
  /** `leaking` makes the scenario a control: not leaking is then the failure. */
  readonly expect?: 'clean' | 'leaking'
  /** The leak rate that *clean* must rule out: '1/1000' (default) or a number per cycle; '1/10' at most. */
  readonly resolution?: number | string
  /** Length in cycles, after the warm-up; lifts the default of 60 s. */
  readonly cycles?: number
  /** Length in time ('2m'), after the warm-up; lifts the default of 10,000 cycles. */
  readonly for?: string | number
  /** Cycles before the first checkpoint, in addition to the length; by default until the pace is known. */
  readonly warmup?: number
  /** Whether all processes that came of the target are read with it, and added up. Default true; `false` reads the one process that was started. */
  readonly tree?: boolean
  /** Where holdwater ends the run itself: threads above the start, and resident memory. */
  readonly guards?: { readonly threads?: number; readonly memory?: number | string }
  /** How long one cycle may take. Default 10 s. */
  readonly cycleTimeout?: string | number
  /** What a cycle takes in production, such as '2s': the forecast speaks in this time. Default: the pace of the run. */
  readonly cadence?: string | number
  /** What is done to etcd, or to the way to it, while cycles run. */
  readonly faults?: readonly ScenarioFault[]
  setup?(context: Omit<Context<never>, 'fixture'>): Fixture | Promise<Fixture>
  teardown?(context: Context<Fixture>): unknown
  /** Counts read from a server of the scenario's own, judged as `server.NAME`. */
  serverState?(context: Context<Fixture>): Record<string, number> | Promise<Record<string, number>>
}

/** Requests over HTTP, each of which is a cycle. */
export type Load<Fixture> = {
  /** Where they go: an address of this machine (docs/load.md). */
  readonly url: string | ((context: Context<Fixture>) => string | Promise<string>)
  /** Connections, each with one request under way. Default 10. */
  readonly connections?: number
  /** Requests per second at most, on average. Default: each connection sends the next when it has its answer. */
  readonly rate?: number
  /** Length in requests; lifts the default of 60 s. */
  readonly amount?: number
  /** Length in time ('2m'), after the warm-up; lifts the default of 10,000 requests. */
  readonly duration?: string | number
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Clients hang up on what has not been answered by then, such as '50ms'. Default: they wait for `cycleTimeout`, and that is a failure. */
  readonly hangUpAfter?: string | number
}

/** What a target that waits between batches of cycles may say. */
type Batches = {
  /** Share of cycles that may fail: 0.01 or '1 %' (default). */
  readonly maxFailedCycles?: number | string
  /** How long the final drain waits for apparent leaks to return. Default 10 s. */
  readonly drainFor?: string | number
}

/** What a target that is a Node process of its own may say. */
type InNode<Fixture> = Common<Fixture> &
  Batches & {
    /** After `teardown` the process must leave by itself within this time. Default 5 s. */
    readonly exitWithin?: string | number
    /**
     * What an error that nobody catches, or a rejection that nobody handles, does while cycles run: it fails one cycle
     * (default), or Node ends the process as it would without holdwater.
     */
    readonly uncaught?: 'fail-cycle' | 'crash'
    /** Classes whose live objects are counted after a collection, as `instances:NAME`. */
    readonly track?: readonly Class[]
    /** Emitters whose listeners are counted, by name. Called once, after `setup`. */
    emitters?(context: Context<Fixture>): Readonly<Record<string, EventEmitter>>
    /** Called before each checkpoint: lets go of what is allowed to wait. */
    drain?(context: Context<Fixture>): unknown
    readonly command?: never
  }

/** A scenario whose cycles run in a Node process of their own. */
export type CycleScenario<Fixture = undefined> = InNode<Fixture> & {
  /** Create, use, destroy: should leave nothing behind. */
  cycle(context: CycleContext<Fixture>): unknown
  /** Cycles in flight at a time. Default 1. */
  readonly concurrency?: number
  readonly load?: never
}

/** A scenario about a server that `setup` starts in a Node process of its own: a request is a cycle. */
export type ServerScenario<Fixture = undefined> = InNode<Fixture> & {
  setup(context: Omit<Context<never>, 'fixture'>): Fixture | Promise<Fixture>
  readonly load: Load<Fixture>
  readonly cycle?: never
}

/** A scenario about a program in any language, judged from outside. */
export type CommandScenario<Fixture = undefined> = Common<Fixture> & {
  /** What to run: program and arguments. It goes on until it is ended. */
  command(context: Context<Fixture>): readonly string[] | Promise<readonly string[]>
  readonly cycle?: never
} & (
    | {
        /** One line of output, on stdout or stderr, that matches is one cycle. */
        readonly cycleMark: RegExp
        readonly load?: never
      }
    /** It is a server: a request is a cycle. */
    | ({ readonly load: Load<Fixture>; readonly cycleMark?: never } & Batches)
  )

export type Scenario<Fixture = undefined> = CycleScenario<Fixture> | ServerScenario<Fixture> | CommandScenario<Fixture>
