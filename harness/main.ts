/** The command line: its words, their checks, and the command each runs. */
import { Command, CommanderError, Option } from 'commander'
import { defaultReporters, reporterNames, severalNames } from '../reports/names.ts'
import { fitted } from './commands/fit.ts'
import { EnvironmentError, UsageError } from './errors.ts'
import { toolVersion } from './host.ts'
import type { Fault, WantedLimit } from './model.ts'
import type { BudgetOption } from './plan.ts'
import {
  baselineName,
  collectBudgets,
  collectFaults,
  collectLimits,
  collectSeriesBudgets,
  duration,
  moments,
  regularExpression,
  reporters,
  resolution,
  resolutionOfAny,
  type SeriesBudget,
  seriesKind,
  several,
  wholeNumber,
} from './typed.ts'

const USAGE = 2
const START_TIMEOUT_MS = 30_000
const WATCH_EVERY_MS = 1000

const EXIT_CODES = `
Exit codes, the first of 3, 4, 2, 0 that occurs:
    0  pass, or skipped beside a pass
    2  could not start, or everything was skipped
    3  leaking, also where --save-baseline accepts it from the next run on;
       crashed under a limit; an expected leak is absent
    4  inconclusive
  130  Ctrl-C`

/** What was typed beside the command and the scenarios. */
function optionsOf([, ...words]: readonly string[], scenarios: readonly string[]): string[] {
  const left = [...scenarios]
  return words.filter((word) => {
    const at = left.indexOf(word)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

/** Parses argv, runs the command, returns the exit code. Errors a person can mend are one message and exit code 2. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0

  const program = new Command('holdwater')
    .description('Soaks code that creates and destroys clients and fails when what it holds grows beyond a budget.')
    .version(toolVersion())
    .configureOutput({ writeErr: (text) => process.stderr.write(fitted(text)) })
    .showHelpAfterError('(holdwater --help, or holdwater run --help, lists what there is)')
    .exitOverride((error) => {
      throw Object.assign(error, { exitCode: error.exitCode === 0 ? 0 : USAGE })
    })

  program
    .command('run')
    .description('soak scenarios, judge each, write the reports')
    .addHelpText('after', EXIT_CODES)
    .argument(
      '[scenario...]',
      'a path, or a name of holdwater list; default: every *.scenario.{ts,mts,js,mjs} below this folder',
    )
    .option(
      '--cycles <n>',
      'how many cycles, after a warm-up of 1 % more, of one at least (default: 10,000, or 60 s, whichever is first, and up to 5 min while undecided)',
      wholeNumber('a whole number above 0'),
    )
    .option('--for <time>', 'how long, such as 30m; --cycles and --for lift each other’s default', duration)
    .option('--quick', 'a smoke test: 20 checkpoints, 1,000 cycles or 10 s, resolution 1/50; proves little', false)
    .addOption(
      new Option('--until <end>', 'stop once the verdict is certain, at the planned end, or when it crashes')
        .choices(['verdict', 'end', 'crash'])
        .default('verdict'),
    )
    .option(
      '--limit <resource=limit>',
      'run the target under a real kernel limit: threads=64, fds=100 or memory=512MB; repeatable',
      collectLimits,
      [] as WantedLimit[],
    )
    .option(
      '--fault <kind:when>',
      'break etcd, or the way to it, while cycles run: pause:every=500,for=2s; repeatable; instead of the scenario’s own (docs/faults.md)',
      collectFaults,
      [] as Fault[],
    )
    .option(
      '--seed <n>',
      'draws the moments of faults that begin within a cycle (default: 1)',
      wholeNumber('a whole number above 0'),
    )
    .option('--allow-remote', 'load may also go to a server on another machine', false)
    .option('--allow-faults', 'also on the way to an etcd that is given by its URL', false)
    .option(
      '--budget <resource=growth>',
      'growth allowed per cycle; repeatable; also heap=2kB, fds.total=8, fds.peak=100, listeners=warn (or error, off), exit=error',
      collectBudgets,
      [] as BudgetOption[],
    )
    .option(
      '--resolution <rate>',
      'the leak rate that clean must rule out; 1/10 at most (default: 1/1000, or what a slow run can in 5 min, 1/100 at most)',
      resolution,
    )
    .option('--etcd <where>', 'auto, docker, local, or the URL of one that runs', 'auto')
    .option('--node <path>', 'the Node that targets run on: 20.13 or newer, 22.18 for .ts scenarios', process.execPath)
    .option(
      '--jobs <n>',
      'scenarios side by side, each with an etcd of its own (default: cores; 1 with --etcd URL, --limit or --until crash)',
      wholeNumber('a whole number above 0'),
    )
    .option(
      '--start-timeout <time>',
      'how long a scenario may take to load and to set up, an etcd to serve, a command to print its first mark (default: 30s)',
      duration,
    )
    .addOption(
      new Option('--explain <when>', 'one more run that names the lines that leak: auto, of what leaks')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .addOption(
      new Option('--profile <tool>', 'one more run under Clinic.js, if it is installed, linked in the report').choices([
        'doctor',
        'bubbleprof',
        'flame',
        'heapprofiler',
      ]),
    )
    .option(
      '--baseline <name>',
      'fail only on growth that is new or worse than this baseline, a name or a path, accepts',
      baselineName,
    )
    .option(
      '--save-baseline <name>',
      'accept the growth of this run from the next one on: written to baselines/NAME.json, or to a path; this run itself still ends with exit code 3',
      baselineName,
    )
    .option('--no-skip', 'a scenario whose command is not on this machine is an error')
    .option('--out <folder>', 'where recordings and reports go', 'holdwater-report')
    .option('--reporter <list>', `any of ${reporterNames.join(',')}`, reporters, defaultReporters(process.env))
    .action(async (scenarios: string[], options) => {
      const { run } = await import('./commands/run.ts')
      exitCode = await run(scenarios, {
        ...options,
        noSkip: !options.skip,
        limits: options.limit,
        faults: options.fault,
        typed: optionsOf(args, scenarios),
        forMs: options.for,
        startTimeoutMs: options.startTimeout ?? START_TIMEOUT_MS,
        reporters: options.reporter,
      })
    })
  program
    .command('watch')
    .description('read and judge any process, live, in any language; ends with the same reports as a run')
    .argument('[command...]', 'after --: a command to start and watch')
    .option('--pid <pid>', 'a process that runs already', wholeNumber('the number of a process'))
    .option('--tree', 'with all that came of it: the default of a command that it starts, and on request of a process')
    .option('--no-tree', 'the process alone')
    .option('--for <time>', 'how long, such as 30m; default: until it ends, or Ctrl-C', duration)
    .option('--every <time>', 'how often to read (default: 1s)', duration)
    .addOption(
      new Option('--until <end>', 'stop once the verdict is certain, or not')
        .choices(['verdict', 'end'])
        .default('end'),
    )
    .option(
      '--cycle-mark <regex>',
      'one line of the command’s output that matches is one cycle; default: growth is per minute',
      regularExpression,
    )
    .option(
      '--budget <resource=growth>',
      'growth allowed per minute, or per cycle; repeatable; also rss=1MB, threads.peak=100',
      collectBudgets,
      [] as BudgetOption[],
    )
    .option(
      '--resolution <rate>',
      'what clean must rule out (default: 1 per minute, or 1/1000 per cycle)',
      resolutionOfAny,
    )
    .option('--out <folder>', 'where the recording and the reports go', 'holdwater-report')
    .option('--reporter <list>', `any of ${reporterNames.join(',')}`, reporters, defaultReporters(process.env))
    .action(async (command: string[], options) => {
      const { watch } = await import('./commands/watch.ts')
      exitCode = await watch(command, {
        ...options,
        typed: args,
        forMs: options.for,
        everyMs: options.every ?? WATCH_EVERY_MS,
        cycleMark: options.cycleMark ?? null,
        startTimeoutMs: START_TIMEOUT_MS,
        reporters: options.reporter,
      })
    })
  program
    .command('report')
    .description('judge and render recordings again, without running anything')
    .argument('<folder>', 'what an earlier run wrote')
    .option('--budget <resource=growth>', 'judge by another budget; repeatable', collectBudgets, [] as BudgetOption[])
    .option('--resolution <rate>', 'judge by another resolution, such as 1/1000', resolutionOfAny)
    .option('--reporter <list>', `any of ${reporterNames.join(',')}`, reporters, defaultReporters(process.env))
    .action(async (folder: string, options) => {
      const { report } = await import('./commands/report.ts')
      exitCode = report(folder, { ...options, reporters: options.reporter })
    })
  program
    .command('compare')
    .description(
      'what changed from one run to another, by intervals; exit code 3 on a regression, 4 where nobody can tell',
    )
    .argument('<base>', 'a folder that an earlier run wrote, or its results.json')
    .argument('<head>', 'that of a later one')
    .option('--out <folder>', 'where the comparison goes', 'holdwater-comparison')
    .option('--reporter <list>', `any of ${severalNames.join(',')}`, several, ['terminal', 'html', 'json'])
    .action(async (base: string, head: string, options) => {
      const { compare } = await import('./commands/compare.ts')
      exitCode = compare(base, head, { out: options.out, reporters: options.reporter })
    })
  program
    .command('history')
    .description('growth over many runs, and the run in which it changed')
    .argument('<folder...>', 'folders that runs wrote, or that hold such folders')
    .option('--out <folder>', 'where the page goes', 'holdwater-history')
    .option('--reporter <list>', `any of ${severalNames.join(',')}`, several, ['terminal', 'html', 'json'])
    .action(async (folders: string[], options) => {
      const { history } = await import('./commands/history.ts')
      exitCode = history(folders, { out: options.out, reporters: options.reporter })
    })
  program
    .command('selftest')
    .description('planted leaks and their clean twins on this machine: does the gate work here?')
    .argument('[kind...]', 'only these, such as worker or lease; default: all')
    .option('--etcd <where>', 'auto, docker, local, or a URL', 'auto')
    .option('--node <path>', 'the Node that targets run on', process.execPath)
    .option('--out <folder>', 'keep the recordings (default: a scratch folder)')
    .action(async (kinds: string[], options) => {
      const { selftest } = await import('./commands/selftest.ts')
      exitCode = await selftest(kinds, { ...options, startTimeoutMs: START_TIMEOUT_MS })
    })

  program
    .command('judge')
    .description('judge any numbers: a first column named cycle or time, every other column a series')
    .argument('<file>', 'CSV, NDJSON, or what psrecord, pidstat -r, docker stats or Prometheus write; - reads stdin')
    .option('--by <column>', 'the column that tells several processes apart, such as PID')
    .option('--columns <list>', 'only these, such as rss_kb', (text: string) =>
      text.split(',').map((one) => one.trim()),
    )
    .option('--kind <kind>', 'count, which steps, or memory, which is noisy; default: by name and content', seriesKind)
    .option(
      '--budget <growth>',
      'growth allowed per cycle or second, or as 500kB/h, of every series or as NAME=GROWTH; repeatable (default: 0; memory 200 B)',
      collectSeriesBudgets,
      [] as SeriesBudget[],
    )
    .option('--resolution <rate>', 'the leak rate that clean must rule out of a count', resolution, 1 / 1000)
    .option(
      '--restarts <list>',
      'when it was started again, in what the first column counts, such as 3600,7200',
      moments,
    )
    .option('--uptime <column>', 'a column that tells how long it has run: where it falls, it was started again')
    .option(
      '--load <column>',
      'a column that tells what it had to do, such as requests per second: memory may follow it',
    )
    .option('--json', 'print the verdicts as JSON', false)
    .action(async (file: string, options) => {
      const { judgeFile } = await import('./commands/judge.ts')
      exitCode = judgeFile(file, options)
    })

  program
    .command('list')
    .description('list the scenarios there are, here and those that ship, by the names that run takes')
    .action(async () => {
      const { list } = await import('./commands/list.ts')
      exitCode = list()
    })

  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof UsageError || error instanceof EnvironmentError) {
      const [{ redact }, { plain }] = await Promise.all([import('./secrets.ts'), import('../reports/plain.ts')])
      process.stderr.write(`${fitted(plain(redact(error.message)))}\n`)
      return USAGE
    }
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
  return exitCode
}
